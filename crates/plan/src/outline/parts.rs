//! Whether the clauses below a clause are tasks of their own or parts of it.

use std::collections::HashMap;

use super::{Doc, is_prose};
use crate::mark::Kind;

impl Doc<'_> {
    /// For each clause whether another clause has the same short title below another parent: 1.主要目标 2.重点举措 below
    /// each （一）.
    pub(super) fn repeated_titles(&self) -> Vec<bool> {
        let mut below: HashMap<(Kind, &str), (usize, bool)> = HashMap::new();
        let title = |n: usize| {
            let node = &self.nodes[n];
            // Only below what stands below something itself can they be fields of a task.
            node.parent.and_then(|p| self.nodes[p].parent)?;
            let words = self.text(&self.title(node.body, node.end));
            (words.chars().count() <= 12).then_some((node.kind, words))
        };
        for (n, node) in self.nodes.iter().enumerate() {
            let (Some(parent), Some(key)) = (node.parent, title(n)) else { continue };
            let seen = below.entry(key).or_insert((parent, false));
            seen.1 |= seen.0 != parent;
        }
        (0..self.nodes.len()).map(|n| title(n).and_then(|k| below.get(&k)).is_some_and(|s| s.1)).collect()
    }

    /// Whether what stands below a clause are the fields of one task: the same titles stand below its neighbours.
    pub(super) fn lists_fields(&self, n: usize) -> bool {
        self.nodes[n].parent.is_some() && self.nodes[n].children.iter().all(|c| self.repeated[*c])
    }

    /// For each clause whether most of the clauses right below it have nothing numbered below them: they are the tasks,
    /// and what is numbered below one of them are its parts.
    pub(super) fn mostly_leaves(&self) -> Vec<bool> {
        let leaves = |parent: usize| {
            let children = &self.nodes[parent].children;
            if children.iter().all(|c| self.nodes[*c].children.is_empty()) {
                return false;
            }
            let Some(kind) = children.first().map(|c| self.nodes[*c].kind) else { return false };
            let asks = |n: &&usize| {
                let node = &self.nodes[**n];
                node.kind == kind && !is_prose(self.text(&self.title(node.body, node.end)))
            };
            let (mut groups, mut all) = (0, 0);
            for child in children.iter().filter(asks) {
                all += 1;
                groups += usize::from(!self.live(*child).is_empty());
            }
            groups * 2 < all
        };
        (0..self.nodes.len()).map(leaves).collect()
    }

    /// Whether the clauses below these count through: 1. 2. below 一、 and 3. 4. below 二、. They are the tasks then, whatever
    /// words stand behind the headings.
    pub(super) fn count_through(&self, roots: &[usize]) -> bool {
        let ends = |n: &usize| {
            let children = &self.nodes[*n].children;
            let (first, last) = (&self.nodes[*children.first()?], &self.nodes[*children.last()?]);
            (first.kind == last.kind && !first.listed).then_some((first.kind, first.value, last.value))
        };
        let parents: Vec<(Kind, u32, u32)> = roots.iter().filter_map(ends).collect();
        let goes_on =
            |w: &[(Kind, u32, u32)]| w[0].0 == w[1].0 && w[0].0 != Kind::Bullet && w[1].1 == w[0].2 + 1;
        parents.len() >= 2 && parents.len() * 2 > roots.len() && parents.windows(2).all(goes_on)
    }

    /// Whether a clause is one of few among its neighbours that has clauses below it.
    pub(super) fn is_exception(&self, n: usize) -> bool {
        self.nodes[n].parent.is_some_and(|p| self.mostly_leaves[p])
    }
}
