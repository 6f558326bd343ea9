//! A copy on its way down.

use crate::analysis::paths::{Region, below};
use crate::analysis::runs::Step;
use crate::analysis::stages::Stage;
use crate::syntax::{Kind, Span};
use crate::transform::{Cx, Evidence, Refusal};

use super::super::shipped::is_shipped;
use super::super::style::title;
use super::copied::Copied;
use super::crossing;
use super::followers;
use super::leaves::Leave;
use super::manifests;
use super::prefetch::Fetch;

/// How many manifests there may be in a folder.
const MOST_MANIFESTS: usize = 64;

/// A copy on its way down, and what it has passed.
pub(super) struct Sink<'a> {
    /// What is known.
    pub(super) cx: &'a Cx<'a>,
    /// The stage of the copy.
    pub(super) stage: &'a Stage,
    /// The copy.
    pub(super) copied: &'a Copied,
    /// The instructions that it has passed, in order.
    pub(super) passed: Vec<Crossing>,
    /// Those among them that go along with it, in order.
    pub(super) followers: Vec<usize>,
}

/// A step in front of a copy.
pub(super) struct Fetched {
    /// Its commands, each of which must succeed.
    pub(super) commands: Vec<String>,
    /// How messages call it.
    pub(super) title: String,
    /// What a change to the source no longer does to the dependencies.
    pub(super) saves: &'static str,
}

/// An instruction that a copy passes.
#[derive(Default)]
pub(super) struct Crossing {
    /// The instruction.
    pub(super) index: usize,
    /// Whether its layer is worth keeping when the source changes.
    pub(super) gain: bool,
    /// The copies of manifests that it needs.
    pub(super) leaves: Vec<Leave>,
    /// The paths in the image of the manifests that its commands read.
    pub(super) manifests: Vec<String>,
    /// The manifests in the context that other copies bring.
    pub(super) elsewhere: Vec<String>,
    /// What fetches or compiles the dependencies before the copy; the instruction itself stays behind it.
    pub(super) prefetch: Option<Fetched>,
    /// The instructions that this command repeats.
    pub(super) repeats: Vec<usize>,
    /// The text between two of its commands: only those before it are passed.
    pub(super) split: Option<Span>,
    /// The command that those behind it begin with again: `cd web`.
    pub(super) again: Option<String>,
    /// The paths in the image of manifests that its commands heed and do without, where the context cannot be seen.
    pub(super) heeded: Vec<String>,
    /// What is taken for granted.
    pub(super) assumes: Vec<String>,
    /// What proves it.
    pub(super) because: Vec<Evidence>,
    /// The end of the destination of a copy that is a folder only as long as the sinking copy comes first.
    pub(super) becomes_folder: Option<usize>,
    /// Paths in the image that the instruction reads or writes and the copy does not bring.
    pub(super) not_copied: Vec<String>,
    /// Paths of the context that it must not have, where that cannot be seen.
    pub(super) absent: Vec<String>,
    /// Files of the context that must be as the instruction would make them.
    pub(super) current: Vec<String>,
    /// Patterns for `.dockerignore`.
    pub(super) to_ignore: Vec<String>,
    /// The commands that are passed, of a `RUN`.
    pub(super) steps: usize,
}

impl Crossing {
    /// Takes for granted that what a project has in folders that are called like those of the system, and that is copied
    /// to `/`, makes no difference to the command.
    pub(super) fn trusts_system(&mut self) {
        let sentence = "nothing that the build context has in folders such as bin, etc, lib or usr changes what is installed";
        if !self.assumes.iter().any(|known| known == sentence) {
            self.assumes.push(sentence.to_owned());
        }
    }

    /// Whether the copy cannot go further.
    pub(super) fn is_last(&self) -> bool {
        self.split.is_some() || self.prefetch.is_some()
    }
}

/// Why a copy cannot sink further.
pub(super) struct Obstacle {
    /// The instruction that stands in the way.
    pub(super) at: usize,
    /// What to tell the user.
    pub(super) refusal: Refusal,
    /// Whether there is something to gain behind it.
    pub(super) in_sight: bool,
}

impl<'a> Sink<'a> {
    /// Lets `copied` sink as far as it can, and then back up to behind the last instruction that was
    /// worth it.
    pub(super) fn down(
        cx: &'a Cx<'a>,
        stage: &'a Stage,
        copied: &'a Copied,
    ) -> (Self, Option<Obstacle>) {
        let mut sink = Self {
            cx,
            stage,
            copied,
            passed: Vec::new(),
            followers: Vec::new(),
        };
        let mut held = None;
        let mut obstacle = None;
        for at in copied.index + 1..stage.body.end {
            match crossing::cross(&sink, at) {
                Ok(crossing) if followers::let_pass(&sink, at, &crossing) => {
                    let is_last = crossing.is_last();
                    sink.passed.push(Crossing {
                        index: at,
                        ..crossing
                    });
                    if is_last {
                        break;
                    }
                }
                Ok(_) => {
                    obstacle = held;
                    break;
                }
                Err(refusal) if followers::goes_along(&sink, at) => {
                    held = held.or_else(|| Some(sink.obstacle(at, refusal)));
                    sink.passed.push(Crossing {
                        index: at,
                        ..Crossing::default()
                    });
                    sink.followers.push(at);
                }
                Err(refusal) => {
                    obstacle = Some(sink.obstacle(at, refusal));
                    break;
                }
            }
        }
        sink.back_up();
        (sink, obstacle)
    }

    fn obstacle(&self, at: usize, refusal: Refusal) -> Obstacle {
        let in_sight = (at..self.stage.body.end).any(|at| super::gains(self, at))
            || Fetch::wanted(self, at).is_some();
        Obstacle {
            at,
            refusal,
            in_sight,
        }
    }

    /// Goes back up to behind the last instruction that was worth passing.
    fn back_up(&mut self) {
        let worth = |crossing: &Crossing| crossing.gain;
        let useful = self.passed.iter().rposition(worth).map_or(0, |at| at + 1);
        self.passed.truncate(useful);
        let end = self.copied.index + 1 + useful;
        self.followers.retain(|&follower| follower < end);
    }

    /// The copies of manifests that are left behind so far.
    pub(super) fn left(&self) -> impl Iterator<Item = &Leave> {
        self.passed.iter().flat_map(|crossing| &crossing.leaves)
    }

    /// Whether the file at `path` in the image is left behind already.
    pub(super) fn is_left(&self, path: &str) -> bool {
        let region = Region::new(path);
        self.left().any(|leave| leave.covers(&region))
    }

    /// Where the step that fetches goes when the copy can stay where it is: in front of it and of the copies around it which
    /// the step does not need either. `None` when something else is on the way to the build.
    pub(super) fn place_of_fetch(&self) -> Option<usize> {
        let (last, passed) = self.passed.split_last()?;
        last.prefetch.as_ref()?;
        let is_beside = |index: usize| {
            let other = Copied::read(self.cx, index).ok().flatten();
            other.is_some_and(|other| {
                let (mut here, mut elsewhere) = (last.manifests.iter(), last.elsewhere.iter());
                !here.any(|path| other.brings(self.cx.context, path).is_some())
                    && !elsewhere.any(|source| other.lands_at(source).is_some())
            })
        };
        let stays = passed.iter().all(|crossing| is_beside(crossing.index));
        let above = (self.stage.body.start..self.copied.index).rev();
        let first = above.take_while(|&index| is_beside(index)).last();
        (passed.is_empty() || stays && self.followers.is_empty())
            .then(|| first.unwrap_or(self.copied.index))
    }

    /// Whether `region` is a folder of the system beside which the copy puts a whole project, whose manifests `step` reads
    /// there. A folder that is copied to `/` by its name, or in front of other steps, is there to add to the system.
    pub(super) fn lands_beside_system(&self, step: &Step<'_>, region: &Region) -> bool {
        fn first(path: &str) -> Option<&str> {
            path.split('/').nth(1).filter(|first| !first.is_empty())
        }
        let tools = &self.cx.knowledge.tools;
        let mut known = tools.paths("@system").chain(tools.paths("@home"));
        let folder = first(region.path());
        self.copied.dest == "/"
            && self.copied.brings_everything()
            && manifests::has_any(step)
            && folder.is_some()
            && known.any(|path| first(path) == folder)
    }

    /// Whether the destination is there before instruction `at`, although the copy is not made yet.
    pub(super) fn destination_exists(&self, at: usize) -> bool {
        let workdir = &self.cx.facts.states[at].workdir;
        below(workdir, &self.copied.dest).is_some()
            || self.left().next().is_some()
            || self
                .cx
                .facts
                .is_made_above(self.copied.index, &self.copied.dest)
    }

    /// Whether it makes no difference to whom the destination itself belongs: nobody but root works in the stage, and
    /// nobody gets its image.
    pub(super) fn owner_is_for_nobody(&self) -> bool {
        let (stage, states) = (self.stage, &self.cx.facts.states);
        let sets_mode = |flag: &String| flag.starts_with("--chmod");
        let is_roots =
            (stage.body.start..stage.body.end).all(|at| states[at].is_root() == Some(true));
        is_roots && !is_shipped(self.cx, stage) && !self.copied.flags.iter().any(sets_mode)
    }

    /// A refusal because of the instruction `at`.
    pub(super) fn refuse(&self, at: usize, code: &'static str, message: &str) -> Refusal {
        let instructions = self.cx.file.instructions();
        let message = format!(
            "{} stays above {}: {message}",
            self.copied.title(self.cx),
            title(self.cx, at)
        );
        Refusal::new(instructions[self.copied.index].span, code, message)
            .because(instructions[at].span, "what stands in the way")
    }

    /// Whether it copies nothing but what the installs read that it has passed.
    pub(super) fn leaves_everything(&self) -> bool {
        let left = self.left().flat_map(|leave| &leave.sources);
        let left: Vec<&str> = left.map(|source| source.trim_end_matches('/')).collect();
        let manifests = self.passed.iter().flat_map(|crossing| &crossing.manifests);
        let manifests: Vec<&str> = manifests.map(String::as_str).collect();
        self.copied.brings_only(&left, &manifests) || self.is_folder_of_manifests(&manifests)
    }

    /// Whether it copies folders in which there is nothing but what the installs read.
    fn is_folder_of_manifests(&self, manifests: &[&str]) -> bool {
        let Some(context) = self.cx.context.filter(|_| !self.copied.brings_everything()) else {
            return false;
        };
        let is_manifest = |file: &String| {
            let place = self.copied.lands_at(file);
            place.is_some_and(|place| manifests.contains(&place.as_str()) || self.is_left(&place))
        };
        self.copied.sources().all(|source| {
            let files = context.files_below(source, MOST_MANIFESTS);
            files.is_some_and(|files| !files.is_empty() && files.iter().all(is_manifest))
        })
    }

    /// Whether it copies nothing but files that a copy further up brings as well: then a change to them
    /// runs everything again wherever this copy stands, unless it is all that keeps that copy up.
    pub(super) fn copied_above(&self) -> bool {
        self.is_copied_above() && !self.keeps_another_up()
    }

    /// Whether another copy stays above this one, or may pass it only because what this one brings in its place is not in
    /// the context today: it is there for the day when it is.
    fn keeps_another_up(&self) -> bool {
        self.copies_before(self.copied.index).any(|other| {
            let (sink, obstacle) = Sink::down(self.cx, self.stage, &other);
            let relies = |passed: &Crossing| {
                passed.index == self.copied.index && !passed.not_copied.is_empty()
            };
            let is_kept = obstacle.is_some_and(|obstacle| {
                let is_this = obstacle.at == self.copied.index && obstacle.in_sight;
                is_this && obstacle.refusal.code == "overlapping-copy"
            });
            is_kept || sink.passed.iter().any(relies)
        })
    }

    fn is_copied_above(&self) -> bool {
        let above = |path: &str| {
            let mut before = self.copies_before(self.copied.index);
            before.any(|other| other.lands_at(path).is_some())
        };
        let mut files = self.copied.files().into_iter().flatten();
        self.copied.files().is_some() && files.all(above)
    }

    /// The other copies of the build context in the stage, before instruction `at`.
    pub(super) fn copies_before(&self, at: usize) -> impl Iterator<Item = Copied> {
        let before = self.stage.from..at;
        self.other_copies()
            .filter(move |other| before.contains(&other.index))
    }

    /// Whether a pattern of a manifest finds a path of the context in the image: no copy is known to leave it behind.
    pub(super) fn finds(&self) -> impl Fn(&str) -> bool {
        let others: Vec<Copied> = self.other_copies().collect();
        let reads_all = self.reads_all_copies();
        move |path| {
            let mut copies = others.iter().chain([self.copied]);
            !reads_all || copies.any(|copied| copied.lands_at(path).is_some())
        }
    }

    /// Whether dfopt can read all copies of the file.
    fn reads_all_copies(&self) -> bool {
        let copies = 0..self.cx.facts.views.len();
        copies
            .into_iter()
            .all(|index| Copied::read(self.cx, index).is_ok())
    }

    /// The other copies of the build context in the file that dfopt can read.
    pub(super) fn other_copies(&self) -> impl Iterator<Item = Copied> {
        let views = self.cx.facts.views.iter().enumerate();
        let copies = views.filter(|(_, view)| matches!(view.kind, Kind::Copy(_) | Kind::Add(_)));
        let others = copies.filter(|(index, _)| *index != self.copied.index);
        others.filter_map(|(index, _)| Copied::read(self.cx, index).ok().flatten())
    }
}
