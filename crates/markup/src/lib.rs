//! The tree of a page, as browsers build it from any markup.

use std::borrow::Cow;
use std::cell::{Ref, RefCell};

use ego_tree::{NodeId, NodeRef, Tree};
use html5ever::tendril::{StrTendril, TendrilSink as _};
use html5ever::tree_builder::{ElementFlags, NodeOrText, QuirksMode, TreeSink};
use html5ever::{Attribute, ParseOpts, QualName, parse_document};

/// A place in the tree.
pub type Place<'t> = NodeRef<'t, Node>;

/// What stands at a place.
#[derive(Debug)]
pub enum Node {
    /// An element.
    Element(Element),
    /// Characters.
    Text(String),
    /// The document, comments and the like.
    Other,
}

/// An element.
#[derive(Debug)]
pub struct Element {
    name: QualName,
    attributes: Vec<Attribute>,
}

impl Element {
    /// Its name in small letters.
    pub fn name(&self) -> &str {
        &self.name.local
    }

    /// The value of an attribute.
    pub fn attr(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|a| &*a.name.local == name).map(|a| &*a.value)
    }
}

impl Node {
    /// It as an element.
    pub fn element(&self) -> Option<&Element> {
        if let Self::Element(element) = self { Some(element) } else { None }
    }
}

/// Builds the tree of a page or of a piece of one. Every markup gives a tree: what is wrong in it is put right as the
/// standard says.
#[must_use]
pub fn parse(markup: &str) -> Tree<Node> {
    let nameless = QualName::new(None, html5ever::ns!(html), html5ever::local_name!("div"));
    let builder = Builder { held: RefCell::new(Made { tree: Tree::new(Node::Other), nameless }) };
    parse_document(builder, ParseOpts::default()).one(markup)
}

struct Builder {
    held: RefCell<Made>,
}

struct Made {
    tree: Tree<Node>,
    /// The name of what has none; the parser asks for those of elements only.
    nameless: QualName,
}

impl Builder {
    fn orphan(&self, node: Node) -> NodeId {
        self.held.borrow_mut().tree.orphan(node).id()
    }

    fn take_out(&self, id: NodeId) {
        if let Some(mut node) = self.held.borrow_mut().tree.get_mut(id) {
            node.detach();
        }
    }
}

impl TreeSink for Builder {
    type Handle = NodeId;
    type Output = Tree<Node>;
    type ElemName<'a> = Ref<'a, QualName>;

    fn finish(self) -> Tree<Node> {
        self.held.into_inner().tree
    }

    fn parse_error(&self, _: Cow<'static, str>) {}

    fn set_quirks_mode(&self, _: QuirksMode) {}

    fn get_document(&self) -> NodeId {
        self.held.borrow().tree.root().id()
    }

    fn same_node(&self, a: &NodeId, b: &NodeId) -> bool {
        a == b
    }

    fn elem_name<'a>(&'a self, target: &'a NodeId) -> Ref<'a, QualName> {
        Ref::map(self.held.borrow(), |held| {
            let element = held.tree.get(*target).and_then(|node| node.value().element());
            element.map_or(&held.nameless, |e| &e.name)
        })
    }

    fn create_element(&self, name: QualName, attributes: Vec<Attribute>, _: ElementFlags) -> NodeId {
        self.orphan(Node::Element(Element { name, attributes }))
    }

    fn create_comment(&self, _: StrTendril) -> NodeId {
        self.orphan(Node::Other)
    }

    fn create_pi(&self, _: StrTendril, _: StrTendril) -> NodeId {
        self.orphan(Node::Other)
    }

    fn append_doctype_to_document(&self, _: StrTendril, _: StrTendril, _: StrTendril) {}

    /// The content of a template is nobody's words; it is kept below the element, which the walk leaves out.
    fn get_template_contents(&self, target: &NodeId) -> NodeId {
        *target
    }

    fn append(&self, parent: &NodeId, child: NodeOrText<NodeId>) {
        let tree = &mut self.held.borrow_mut().tree;
        let Some(mut parent) = tree.get_mut(*parent) else { return };
        match child {
            NodeOrText::AppendNode(id) => {
                parent.append_id(id);
            }
            NodeOrText::AppendText(words) => {
                if let Some(mut last) = parent.last_child()
                    && let Node::Text(text) = last.value()
                {
                    text.push_str(&words);
                    return;
                }
                parent.append(Node::Text(words.to_string()));
            }
        }
    }

    fn append_before_sibling(&self, sibling: &NodeId, new: NodeOrText<NodeId>) {
        if let NodeOrText::AppendNode(id) = new {
            self.take_out(id);
        }
        let tree = &mut self.held.borrow_mut().tree;
        let Some(mut sibling) = tree.get_mut(*sibling) else { return };
        if sibling.parent().is_none() {
            return;
        }
        match new {
            NodeOrText::AppendNode(id) => {
                sibling.insert_id_before(id);
            }
            NodeOrText::AppendText(words) => {
                if let Some(mut before) = sibling.prev_sibling()
                    && let Node::Text(text) = before.value()
                {
                    text.push_str(&words);
                    return;
                }
                sibling.insert_before(Node::Text(words.to_string()));
            }
        }
    }

    fn append_based_on_parent_node(&self, element: &NodeId, before: &NodeId, child: NodeOrText<NodeId>) {
        let has_parent = self.held.borrow().tree.get(*element).is_some_and(|node| node.parent().is_some());
        if has_parent {
            self.append_before_sibling(element, child);
        } else {
            self.append(before, child);
        }
    }

    fn add_attrs_if_missing(&self, target: &NodeId, attributes: Vec<Attribute>) {
        let tree = &mut self.held.borrow_mut().tree;
        let Some(mut node) = tree.get_mut(*target) else { return };
        if let Node::Element(element) = node.value() {
            for attribute in attributes {
                if !element.attributes.iter().any(|a| a.name == attribute.name) {
                    element.attributes.push(attribute);
                }
            }
        }
    }

    fn remove_from_parent(&self, target: &NodeId) {
        self.take_out(*target);
    }

    fn reparent_children(&self, node: &NodeId, new_parent: &NodeId) {
        if let Some(mut parent) = self.held.borrow_mut().tree.get_mut(*new_parent) {
            parent.reparent_from_id_append(*node);
        }
    }
}
