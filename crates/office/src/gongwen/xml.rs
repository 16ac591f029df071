//! Elements as they are written, one inside the other.

use quick_xml::Writer;
use quick_xml::escape::partial_escape;
use quick_xml::events::{BytesEnd, BytesStart, BytesText, Event};

/// The attributes of an element: names with their values.
pub(crate) type Attributes<'a> = &'a [(&'a str, &'a str)];

/// A part of a package while it is being written.
pub(crate) struct Xml(Writer<Vec<u8>>);

impl Xml {
    /// Nothing yet.
    pub(crate) fn new() -> Self {
        Self(Writer::new(Vec::new()))
    }

    /// What was written.
    pub(crate) fn finish(self) -> Vec<u8> {
        self.0.into_inner()
    }

    fn event(&mut self, event: Event<'_>) {
        // Writing into memory cannot fail.
        let _ = self.0.write_event(event);
    }

    /// An element with nothing in it.
    pub(crate) fn empty(&mut self, name: &str, attributes: Attributes<'_>) {
        self.event(Event::Empty(BytesStart::new(name).with_attributes(attributes.iter().copied())));
    }

    /// An element with what `inner` writes in it.
    pub(crate) fn within(&mut self, name: &str, attributes: Attributes<'_>, inner: impl FnOnce(&mut Self)) {
        self.event(Event::Start(BytesStart::new(name).with_attributes(attributes.iter().copied())));
        inner(self);
        self.event(Event::End(BytesEnd::new(name)));
    }

    /// Characters; those that XML has no place for are left out.
    pub(crate) fn text(&mut self, text: &str) {
        let kept: String =
            text.chars().filter(|c| !c.is_control() && !matches!(c, '\u{fffe}' | '\u{ffff}')).collect();
        self.event(Event::Text(BytesText::from_escaped(partial_escape(&kept))));
    }

    /// An element that says one word by its attribute `w:val`, as most of a document's do.
    pub(crate) fn says(&mut self, name: &str, value: &str) {
        self.empty(name, &[("w:val", value)]);
    }

    /// A piece that is the same in every document.
    pub(crate) fn fixed(&mut self, piece: &str) {
        self.event(Event::Text(BytesText::from_escaped(piece)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_escaped_and_what_xml_has_no_place_for_is_left_out() {
        let mut xml = Xml::new();
        xml.within("a", &[("b", "\"<&")], |xml| {
            xml.says("c", "1");
            xml.text("<甲>\u{1}&\u{fffe}");
        });
        let written = String::from_utf8(xml.finish()).expect("text");
        assert_eq!(written, r#"<a b="&quot;&lt;&amp;"><c w:val="1"/>&lt;甲&gt;&amp;</a>"#);
    }
}
