//! The outermost clauses, and what stands before the first of the highest rank.

use super::Doc;
use crate::furniture;
use crate::mark::Kind;

impl Doc<'_> {
    /// The outermost clauses of the highest rank with all that follows them, and before them those of lower rank that are
    /// tasks too (1. 2. above 二、, whose 一、 was lost or never written). Numbers of a covering notice are neither: a title, a
    /// day or a signature parts them from the plan, or they go on a sentence of the preamble.
    pub(super) fn roots(&self) -> (Vec<usize>, Vec<usize>) {
        let roots: Vec<usize> = (0..self.nodes.len()).filter(|i| self.nodes[*i].parent.is_none()).collect();
        let Some(top) = roots.iter().map(|i| self.nodes[*i].kind).min() else { return (Vec::new(), roots) };
        let of_top = roots.iter().filter(|i| self.nodes[**i].kind == top).count();
        let first = roots.iter().position(|i| self.nodes[*i].kind == top).unwrap_or(0);
        let (early, rest) = roots.split_at(first);
        if early.is_empty() {
            return (Vec::new(), roots);
        }
        let tagged = early.iter().any(|i| !self.tags_in(&self.tree_range(*i)).is_empty());
        let tasks = tagged || !(self.are_of_notice(early, rest) || self.nodes[early[0]].listed);
        let numbered = early.iter().all(|i| self.nodes[*i].kind != Kind::Bullet);
        if tasks && numbered && top <= Kind::Hanzi && self.roots_are_sections(rest) {
            return (early.to_vec(), rest.to_vec());
        }
        if of_top >= 2 && !tagged { (Vec::new(), rest.to_vec()) } else { (Vec::new(), roots) }
    }

    /// Whether something between two clauses shows that another paper begins there.
    fn are_of_notice(&self, early: &[usize], rest: &[usize]) -> bool {
        let (Some(last), Some(next)) = (early.last(), rest.first()) else { return false };
        let between = self.nodes[*last].body..self.nodes[*next].start;
        self.paragraphs(&between).iter().any(|p| {
            let words = self.text(p);
            let apart = p.start > between.start;
            apart
                && (furniture::is_date(words)
                    || furniture::is_tail(words)
                    || (crate::title::is_paper_name(words) && self.tags_in(p).is_empty()))
        })
    }
}
