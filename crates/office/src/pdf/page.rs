//! Listening to a page: its letters, the lines ruled on it, and how many pictures it has.

use hayro_interpret::font::{Glyph, GlyphRun};
use hayro_interpret::hayro_cmap::BfString;
use hayro_interpret::hayro_syntax::Pdf;
use hayro_interpret::kurbo::{Affine, BezPath, Point, Rect, Shape};
use hayro_interpret::{
    BlendMode, ClipPath, Context, Device, DrawMode, DrawProps, Image, ImageDrawProps, InterpreterCache,
    InterpreterSettings, SoftMask, interpret_page,
};

use unicode_normalization::UnicodeNormalization as _;

use crate::FileFault;
use crate::limits::{MAX_PAGE_DRAWING, MAX_STROKES};

/// A letter on a page, in points from the upper left corner, seen in the direction in which the page is read.
#[derive(Clone, Debug)]
pub(super) struct Letter {
    pub(super) x: f64,
    /// The base line.
    pub(super) y: f64,
    pub(super) width: f64,
    /// Height of the font.
    pub(super) size: f64,
    pub(super) words: Box<str>,
}

/// A page.
#[derive(Clone, Debug, Default)]
pub(super) struct Page {
    /// Number, from 1.
    pub(super) number: u32,
    pub(super) height: f64,
    pub(super) letters: Vec<Letter>,
    /// Letters whose characters the file does not tell.
    pub(super) unknown: usize,
    pub(super) pictures: usize,
    /// What is ruled: lines, and boxes that are thin or only outlined.
    pub(super) rules: Vec<Rect>,
}

/// Writing that runs in one of the four directions.
type Turn = usize;

/// What is drawn, listened to.
#[derive(Default)]
pub(super) struct Listener {
    page: Page,
    turns: [usize; 4],
    /// Letters with the direction in which each is written.
    letters: Vec<(Turn, Letter)>,
    /// How much was drawn so far in the whole file.
    strokes: usize,
}

/// Thrown through the interpreter when a file draws without end.
struct Enough;

impl Listener {
    /// Listens to all pages one by one.
    pub(super) fn listen(&mut self, pdf: &Pdf, mut each: impl FnMut(Page)) -> Result<(), FileFault> {
        let cache = InterpreterCache::new();
        for (number, page) in (1..).zip(pdf.pages().iter()) {
            if page.page_stream().is_some_and(|drawn| drawn.len() > MAX_PAGE_DRAWING) {
                return Err(FileFault::Bomb { what: "图形过多" });
            }
            let (width, height) = page.render_dimensions();
            let (width, height) = (f64::from(width), f64::from(height));
            self.page = Page { number, height, ..Page::default() };
            let all = Rect::new(0.0, 0.0, width, height);
            // Upside down, as pages are read from above.
            let upright = Affine::new([1.0, 0.0, 0.0, -1.0, 0.0, height]);
            let mut context = Context::new(upright, all, &cache, pdf.xref(), InterpreterSettings::default());
            let run = std::panic::AssertUnwindSafe(|| interpret_page(page, &mut context, &mut *self));
            if let Err(cause) = std::panic::catch_unwind(run) {
                if cause.is::<Enough>() {
                    return Err(FileFault::Bomb { what: "图形过多" });
                }
                std::panic::resume_unwind(cause);
            }
            each(self.turned());
        }
        Ok(())
    }

    /// The page in the direction in which most of its letters run; letters across it (watermarks) are left out.
    fn turned(&mut self) -> Page {
        let most = (0..4).max_by_key(|&t| (self.turns[t], 4 - t)).unwrap_or(0);
        let mut page = std::mem::take(&mut self.page);
        self.turns = [0; 4];
        let turn = |p: Point| match most {
            1 => Point::new(p.y, -p.x),
            2 => Point::new(-p.x, -p.y),
            3 => Point::new(-p.y, p.x),
            _ => p,
        };
        for (t, mut letter) in self.letters.drain(..) {
            if t == most {
                let at = turn(Point::new(letter.x, letter.y));
                (letter.x, letter.y) = (at.x, at.y);
                page.letters.push(letter);
            }
        }
        if most != 0 {
            for rule in &mut page.rules {
                *rule = Rect::from_points(turn(rule.origin()), turn(Point::new(rule.x1, rule.y1)));
            }
            // Only bands at the ends are told by it.
            page.height = page.letters.iter().map(|l| l.y).fold(0.0, f64::max)
                - page.letters.iter().map(|l| l.y).fold(f64::MAX, f64::min).min(0.0);
        }
        page
    }

    fn stroke(&mut self) {
        self.strokes += 1;
        if self.strokes > MAX_STROKES {
            std::panic::resume_unwind(Box::new(Enough));
        }
    }
}

/// The character that is meant by a radical. Fonts draw both with one shape, and browsers name the radical for it.
fn unified(c: char) -> char {
    // The supplement has no such relation in Unicode's tables; these are the shapes that are words of their own.
    const SUPPLEMENT: &str = "⺁厂⺇几⺌小⺎兀⺏尣⺓幺⺟母⺠民⺡氵⺢水⺣灬⺤爫⺥爫⺩王⺫目⺬示⺭礻⺮竹⺯糸⺰纟⺱网⺲罒⺶羊⺷羊⺸羊⺹老⺻聿⺼月⻀艹⻁虎⻂衤⻃西⻄西⻅见⻆角⻇角⻈讠⻉贝⻊足⻋车⻌辶⻍辶⻎辶⻏邑⻐钅⻑長⻒镸⻓长⻔门⻕阜⻖阝⻗雨⻘青⻙韦⻚页⻛风⻜飞⻝食⻞飠⻟飠⻠饣⻡首⻢马⻣骨⻤鬼⻥鱼⻦鸟⻧卤⻨麦⻩黄⻪黾⻫斉⻬齐⻭歯⻮齿⻯竜⻰龙⻱龟⻲亀⻳龟";
    match c {
        // The first form in the tables is the traditional one; simplified texts mean the other.
        '\u{2f3e}' => '户',
        '\u{2f00}'..='\u{2fd5}' => c.nfkc().next().unwrap_or(c),
        '\u{2e80}'..='\u{2ef3}' => {
            let mut pairs = SUPPLEMENT.chars();
            while let (Some(radical), Some(word)) = (pairs.next(), pairs.next()) {
                if radical == c {
                    return word;
                }
            }
            c
        }
        _ => c,
    }
}

impl Device<'_> for Listener {
    fn draw_glyph_run(&mut self, run: &GlyphRun<'_, '_>, props: DrawProps<'_>, _: &DrawMode) {
        for glyph in run.glyphs() {
            self.stroke();
            let place = props.transform * glyph.transform();
            let [a, b, c, d, x, y] = place.as_coeffs();
            if ![a, b, c, d, x, y].iter().all(|n| n.is_finite() && n.abs() < 1e6) {
                continue;
            }
            let turn = if a.abs() > 4.0 * b.abs() {
                if a > 0.0 { 0 } else { 2 }
            } else if b.abs() > 4.0 * a.abs() {
                if b > 0.0 { 1 } else { 3 }
            } else {
                continue;
            };
            let words = match glyph.as_unicode() {
                Some(BfString::Char(c)) => c.to_string(),
                Some(BfString::String(s)) => s,
                None => String::new(),
            };
            let known = words
                .chars()
                .any(|c| !matches!(c, '\u{0}'..='\u{1f}' | '\u{e000}'..='\u{f8ff}' | '\u{fffd}'));
            self.page.unknown += usize::from(!known);
            let advance = match &**glyph {
                Glyph::Outline(outline) => f64::from(outline.advance_width().unwrap_or(1000.0)),
                Glyph::Type3(_) => 500.0,
            };
            let (along, across) = (a.hypot(b), c.hypot(d));
            let letter = Letter {
                x,
                y,
                width: (advance * along).clamp(0.0, 1000.0),
                size: (1000.0 * across).clamp(0.1, 1000.0),
                words: if known {
                    words.chars().map(unified).collect::<String>().into()
                } else {
                    "\u{fffd}".into()
                },
            };
            self.turns[turn] += 1;
            self.letters.push((turn, letter));
        }
    }

    fn draw_path(&mut self, path: &BezPath, props: DrawProps<'_>, mode: &DrawMode) {
        self.stroke();
        // A table drawn in one go is a path of many small ones.
        let mut bounds: Vec<Rect> = Vec::new();
        let mut part = BezPath::new();
        for element in path.elements() {
            if matches!(element, hayro_interpret::kurbo::PathEl::MoveTo(_)) && !part.is_empty() {
                bounds.push(part.bounding_box());
                part = BezPath::new();
            }
            part.push(*element);
        }
        if !part.is_empty() {
            bounds.push(part.bounding_box());
        }
        let is_filled = matches!(mode, DrawMode::Fill(_));
        for bound in bounds {
            self.stroke();
            let rect = props.transform.transform_rect_bbox(bound);
            let thin = rect.width() < 3.0 || rect.height() < 3.0;
            if rect.is_finite() && (thin || !is_filled) && (rect.width() > 6.0 || rect.height() > 6.0) {
                self.page.rules.push(rect);
            }
        }
    }

    fn draw_image(&mut self, _: Image<'_, '_>, _: ImageDrawProps<'_>) {
        self.stroke();
        self.page.pictures += 1;
    }

    fn push_clip_path(&mut self, _: &ClipPath) {
        self.stroke();
    }

    fn push_transparency_group(&mut self, _: f32, _: Option<SoftMask<'_>>, _: BlendMode) {
        self.stroke();
    }

    fn pop_clip(&mut self) {}

    fn pop_transparency_group(&mut self) {}
}
