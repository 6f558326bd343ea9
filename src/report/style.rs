//! The colours of what is written for people.

use anstyle::{AnsiColor, Color, Effects, Style};

use crate::transform::Safety;

/// A style for each part of a report. All of them are plain when colour is off.
#[derive(Clone, Copy, Debug, Default)]
pub struct Palette {
    /// File names and places.
    pub path: Style,
    /// Names of transforms, refusal codes.
    pub id: Style,
    /// Line numbers and the bars beside an excerpt.
    pub gutter: Style,
    /// What is of less interest.
    pub faint: Style,
    /// A candidate that was left alone.
    pub refused: Style,
    /// An error; what a diff removes.
    pub bad: Style,
    /// What is proven; what a diff adds.
    pub good: Style,
    /// What rests on assumptions.
    pub caution: Style,
    /// The head of a hunk.
    pub hunk: Style,
}

impl Palette {
    /// With colours, or without.
    #[must_use]
    pub fn new(colored: bool) -> Self {
        if !colored {
            return Self::default();
        }
        let color = |color: AnsiColor| Style::new().fg_color(Some(Color::Ansi(color)));
        Self {
            path: Style::new().bold(),
            id: color(AnsiColor::Cyan).bold(),
            gutter: color(AnsiColor::BrightBlue).bold(),
            faint: Style::new() | Effects::DIMMED,
            refused: color(AnsiColor::Magenta),
            bad: color(AnsiColor::Red),
            good: color(AnsiColor::Green),
            caution: color(AnsiColor::Yellow),
            hunk: color(AnsiColor::Cyan),
        }
    }

    /// The style of a rewrite that can be trusted this far.
    #[must_use]
    pub fn safety(&self, safety: Safety) -> Style {
        match safety {
            Safety::Safe => self.good,
            Safety::Assumed => self.caution,
            Safety::Unsafe => self.bad,
        }
    }
}
