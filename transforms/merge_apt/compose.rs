//! The text of the joined `RUN`.
//!
//! Commands that stood side by side keep what is between them, byte for byte. Everything else between
//! commands is written anew in the author's layout; the comments that stood there go with what they
//! stood above.

use crate::knowledge::package_managers::PackageManager;
use crate::syntax::{Span, TokenKind};
use crate::transform::Cx;

use super::super::layout::{Layout, WIDTH};
use super::arrange::Piece;
use super::command::Command;
use super::packages::Packages;
use super::spelling::{respell, spelled};

/// One piece, ready to be written.
struct Block<'a> {
    /// Where it stood; `None` for what nobody wrote.
    source: Option<Span>,
    /// The instruction and the place there of its first command.
    from: Option<(usize, usize)>,
    /// The same of its last command.
    to: Option<(usize, usize)>,
    comments: Vec<&'a str>,
    text: Text<'a>,
}

enum Text<'a> {
    Verbatim(String),
    Packages(Packages<'a>),
}

/// Writes `pieces` in the place of the source bytes `range`, whose comments are kept.
/// Those in `elsewhere` are taken care of.
pub(super) fn compose<'a>(
    cx: &Cx<'a>,
    manager: &PackageManager,
    pieces: &[Piece<'a>],
    range: Span,
    elsewhere: &[Span],
    uncached: bool,
) -> String {
    let from = instructions(pieces);
    let first = from.first().copied().unwrap_or_default();
    let layout = &Layout::like(cx, &from);
    let mut blocks: Vec<Block<'a>> = pieces
        .iter()
        .map(|piece| block(cx, manager, piece, uncached))
        .collect();
    let kept = kept_stretches(cx, &blocks, first);
    let joined = blocks
        .windows(2)
        .map(|pair| gap(cx, &pair[0], &pair[1], first).is_some());
    let joined: Vec<bool> = std::iter::once(false).chain(joined).collect();
    place_comments(cx, range, &kept, elsewhere, &mut blocks, &joined);
    let one_line = !range.text(cx.file.text()).contains('\n');
    if one_line && let Some(line) = on_one_line(&blocks) {
        return line;
    }
    let mut out = String::new();
    for (nth, block) in blocks.iter().enumerate() {
        let before = nth.checked_sub(1).map(|at| &blocks[at]);
        match before {
            Some(before) => {
                out += &gap(cx, before, block, first).unwrap_or_else(|| layout.and(&block.comments))
            }
            None if !block.comments.is_empty() => {
                out += &layout.continued;
                out += &layout.comments(&block.comments);
                out += &layout.indent;
            }
            None => {}
        }
        out += &block.write(layout, nth > 0);
    }
    out
}

/// The instructions that the pieces come from.
fn instructions(pieces: &[Piece<'_>]) -> Vec<usize> {
    let of = |piece: &Piece<'_>| match piece {
        Piece::Command(command) => vec![command.index],
        Piece::Installs(installs) => installs.iter().map(|install| install.index).collect(),
        Piece::Rest { index, .. } => vec![*index],
        Piece::New(_) => Vec::new(),
    };
    let mut all: Vec<usize> = pieces.iter().flat_map(of).collect();
    all.sort_unstable();
    all.dedup();
    all
}

fn block<'a>(
    cx: &Cx<'a>,
    manager: &PackageManager,
    piece: &Piece<'a>,
    uncached: bool,
) -> Block<'a> {
    let verbatim = |source, from, to, text| Block {
        source,
        from,
        to,
        comments: Vec::new(),
        text: Text::Verbatim(text),
    };
    let place = |command: &Command<'_>| Some((command.index, command.nth));
    match piece {
        Piece::Command(command) => {
            let source = command.source(cx);
            let changes = respell(cx, manager, command, uncached);
            verbatim(
                Some(source),
                place(command),
                place(command),
                spelled(cx, source, &changes),
            )
        }
        Piece::Rest { index, nth, span } => {
            let source = cx.facts.source(*index, *span);
            verbatim(
                Some(source),
                Some((*index, *nth)),
                None,
                source.text(cx.file.text()).to_owned(),
            )
        }
        Piece::New(text) => verbatim(None, None, None, text.clone()),
        Piece::Installs(installs) => {
            let first = &installs[0];
            Block {
                source: Some(first.source(cx)),
                from: place(first),
                to: installs.last().and_then(place),
                comments: Vec::new(),
                text: Text::Packages(Packages::of(cx, manager, installs, uncached)),
            }
        }
    }
}

/// What stood between two blocks, if they stood side by side. Commands on one line of a later `RUN` get
/// lines of their own.
fn gap(cx: &Cx<'_>, before: &Block<'_>, after: &Block<'_>, first: usize) -> Option<String> {
    let ((index, last), (other, next)) = (before.to?, after.from?);
    let side_by_side = index == other && last + 1 == next;
    let between = Span::new(
        before.source_end()?,
        after.source?.start.max(before.source_end()?),
    );
    let between = between.text(cx.file.text());
    let broken = index == first || between.contains('\n');
    (side_by_side && broken).then(|| between.to_owned())
}

/// Gives the comments in `range` that are not part of a kept stretch to what they stood above, or else to the last
/// block with a place for comments above it: one that is not `joined` to the block before as the author has it.
fn place_comments<'a>(
    cx: &Cx<'a>,
    range: Span,
    kept: &[Span],
    elsewhere: &[Span],
    blocks: &mut [Block<'a>],
    joined: &[bool],
) {
    let text = cx.file.text();
    let last = joined
        .iter()
        .rposition(|joined| !joined)
        .unwrap_or_default();
    let tokens = cx
        .file
        .tokens()
        .iter()
        .filter(|token| token.kind == TokenKind::Comment);
    for token in
        tokens.filter(|token| range.contains(token.span) && !elsewhere.contains(&token.span))
    {
        if kept.iter().any(|stretch| stretch.contains(token.span)) {
            continue;
        }
        let comment = token.span.text(text);
        let line = blocks
            .iter_mut()
            .zip(joined)
            .filter_map(|(block, joined)| block.anchor(token.span.end, *joined))
            .min_by_key(|(at, _)| *at);
        match line {
            Some((_, comments)) => comments.push(comment),
            None => blocks[last].comments.push(comment),
        }
    }
}

/// The stretches of source that are written as they are.
fn kept_stretches(cx: &Cx<'_>, blocks: &[Block<'_>], first: usize) -> Vec<Span> {
    let whole = blocks
        .iter()
        .filter(|block| matches!(block.text, Text::Verbatim(_)))
        .filter_map(|block| block.source);
    let gaps = blocks.windows(2).filter_map(|pair| {
        gap(cx, &pair[0], &pair[1], first)?;
        Some(Span::new(pair[0].source_end()?, pair[1].source?.start))
    });
    whole.chain(gaps).collect()
}

/// All blocks on one line, if they fit and there is no comment to place.
fn on_one_line(blocks: &[Block<'_>]) -> Option<String> {
    let texts: Option<Vec<String>> = blocks
        .iter()
        .map(|block| block.comments.is_empty().then(|| block.inline()).flatten())
        .collect();
    let line = texts?.join(" && ");
    (line.len() <= WIDTH).then_some(line)
}

impl<'a> Block<'a> {
    /// The place that a comment in front of byte `offset` belongs to, if it is in this block: above it, unless it is
    /// `joined` to the block before, or in front of packages.
    fn anchor(&mut self, offset: usize, joined: bool) -> Option<(usize, &mut Vec<&'a str>)> {
        let own = self
            .source
            .filter(|source| source.start >= offset && !joined)
            .map(|source| source.start);
        match (own, &mut self.text) {
            (Some(at), _) => Some((at, &mut self.comments)),
            (None, Text::Packages(packages)) => packages.anchor(offset),
            (None, Text::Verbatim(_)) => None,
        }
    }

    /// Where its last command ended.
    fn source_end(&self) -> Option<usize> {
        match &self.text {
            Text::Verbatim(_) => Some(self.source?.end),
            Text::Packages(packages) => Some(packages.end),
        }
    }

    fn inline(&self) -> Option<String> {
        match &self.text {
            Text::Verbatim(text) => Some(text.clone()),
            Text::Packages(packages) => packages.inline(),
        }
    }

    /// Its text. A command that was the first of its `RUN` and no longer is has its lines moved in.
    fn write(&self, layout: &Layout, continued: bool) -> String {
        let moved = continued && self.from.is_some_and(|(_, nth)| nth == 0);
        match &self.text {
            Text::Verbatim(text) if moved => indented(text, layout),
            Text::Verbatim(text) => text.clone(),
            Text::Packages(packages) => packages.write(layout, continued),
        }
    }
}

/// `text` with its continued lines moved in, unless they are deeper than commands already.
fn indented(text: &str, layout: &Layout) -> String {
    let mut lines = text.split_inclusive('\n');
    let first = lines.next().unwrap_or_default();
    let rest: Vec<&str> = lines.collect();
    let depth = |line: &&str| line.len() - line.trim_start_matches([' ', '\t']).len();
    let least = rest
        .iter()
        .filter(|line| !line.trim().is_empty())
        .map(depth)
        .min();
    let shift = if least.is_some_and(|least| least <= layout.indent.len()) {
        layout.unit()
    } else {
        ""
    };
    let moved = rest.into_iter().map(|line| {
        if line.trim().is_empty() {
            line.to_owned()
        } else {
            format!("{shift}{line}")
        }
    });
    std::iter::once(first.to_owned()).chain(moved).collect()
}
