//! The image of a language in place of a distribution that packages it.

use std::sync::Arc;

use crate::analysis::commands::first_words;
use crate::analysis::paths::file_name;
use crate::analysis::runs::Step;
use crate::context::Sources;
use crate::knowledge::bases::Language;
use crate::knowledge::images::{ImageRef, PackageManager};
use crate::knowledge::tools::Does;
use crate::syntax::Kind;
use crate::transform::{Change, Evidence, Place, Plan, Refusal};
use crate::transforms::stated;

use super::needs::Needs;
use super::removal::{self, Removal};
use super::{Site, Target, compiled, other, setup};

/// What there is to say of the stage; nothing when it installs no language that has an image of its own.
pub(super) fn plan(site: &Site<'_>) -> Option<Plan> {
    let manager = site.image.system?.package_manager;
    if site.image.provides.is_some() || manager != PackageManager::Apt {
        return None;
    }
    let languages = site.cx.knowledge.bases.languages().iter();
    let mut found = languages.map(|language| Choice::new(site, language));
    let found = found.find(Choice::applies)?;
    Some(found.rewrite())
}

/// A language, and the packages that the stage installs.
struct Choice<'s, 'a> {
    site: &'s Site<'a>,
    language: &'a Language,
    /// Those that the image of the language stands for.
    own: Vec<String>,
    /// The others; one that only the build knows is empty.
    others: Vec<String>,
}

impl<'s, 'a> Choice<'s, 'a> {
    fn new(site: &'s Site<'a>, language: &'a Language) -> Self {
        let installs = site
            .steps()
            .filter(|(_, step)| step.does() == Some(Does::InstallPackages));
        let names = installs.flat_map(|(_, step)| {
            let operands = step
                .invocation
                .iter()
                .flat_map(|invocation| &invocation.operands);
            operands.map(|&at| step.args[at].known().to_owned())
        });
        let (own, others) = names.partition(|name| language.stands_for(name).is_some());
        Self {
            site,
            language,
            own,
            others,
        }
    }

    fn applies(&self) -> bool {
        self.language.fits(&self.own) && self.is_used()
    }

    /// Whether a step or the container calls a tool of the language: it may be there for others, such as `node-gyp`.
    fn is_used(&self) -> bool {
        let site = self.site;
        let steps = site.steps().map(|(_, step)| first_words(&step.args));
        let launches = site.launches().launches.iter();
        let launches = launches.map(|launch| launch.words.iter().map(String::as_str).collect());
        steps.chain(launches).any(|words| {
            let tool = site.cx.knowledge.tools.find(&words);
            let ecosystem = tool.and_then(|(tool, _)| tool.ecosystem.as_deref());
            let program = words.first().map(|word| file_name(word));
            ecosystem == Some(&self.language.provides)
                || program.is_some_and(|program| self.language.is_shown_by(program))
        })
    }

    fn rewrite(&self) -> Plan {
        let (site, language) = (self.site, self.language);
        site.check()?;
        self.check_setup()?;
        let (version, why) = self.version()?;
        let is_gone =
            |name: &str| language.stands_for(name).is_some() || language.bundles(name, &version);
        let target = self.target(&version, &is_gone)?;
        self.check_traces(&target)?;
        self.check_accounts(&target)?;
        setup::check_lists(site, &is_gone)?;
        let assumed = compiled::check_with_compiler(site)?;
        let needs = Needs::of(site, &target)?;
        let image = &target.reference;
        let mut rewrite = site.rewrite(
            &target,
            format!(
                "{image}, which brings {} {version} itself",
                language.provides
            ),
        );
        let Removal { edits, names } = removal::of(site, &is_gone)?;
        for span in edits {
            rewrite.edits.delete(span);
        }
        rewrite.declares.push(Change::PackagesRemoved(names));
        rewrite.declares.extend(self.gone_setups());
        rewrite.declares.extend(self.moves(&version));
        rewrite.because.push(why);
        rewrite.assume(format!(
            "the program needs nothing else of {}, such as the modules of its packages",
            site.reference
        ));
        rewrite.assumes.extend(assumed);
        other::keep_folder(site, &target, &mut rewrite);
        needs.add_to(site, &target, &mut rewrite)?;
        Ok(rewrite)
    }

    /// The image to build on.
    fn target(&self, version: &str, is_gone: &dyn Fn(&str) -> bool) -> Result<Target<'a>, Refusal> {
        let (site, language) = (self.site, self.language);
        let release = site.image.release.as_ref();
        let release = release.map_or("", |release| release.name.as_str());
        let images = &site.cx.knowledge.images;
        let found = language
            .image(version, release)
            .and_then(|(reference, is_same)| {
                let reference = format!("{}{reference}", ImageRef::parse(site.reference).prefix);
                let image = images.lookup(&ImageRef::parse(&reference))?;
                let full = images.lookup(&ImageRef::parse(language.repository()))?;
                let lacks = full.toolset.filter(|_| image.toolset.is_none());
                Some((
                    Target {
                        reference,
                        image,
                        lacks,
                    },
                    is_same,
                ))
            });
        let Some((target, is_same)) = found else {
            let message = format!(
                "dfopt knows no image of {} {version} to take instead of {}",
                language.provides, site.reference
            );
            return Err(site.refuse("not-published", message));
        };
        let others = self.others.iter().filter(|name| !is_gone(name));
        for name in others {
            self.check_package(name, is_same)?;
        }
        Ok(target)
    }

    fn check_package(&self, name: &str, is_same: bool) -> Result<(), Refusal> {
        if name.is_empty() {
            let message = "the names of packages are known only to the build";
            return Err(self.site.refuse("variable-packages", message));
        }
        if self.language.is_module(name) {
            let message = format!(
                "{name} is made for the {} of the distribution; install what it holds another way",
                self.language.provides
            );
            return Err(self.site.refuse("distribution-module", message));
        }
        if !is_same && !self.site.cx.knowledge.bases.is_alike(name) {
            let message =
                format!("{name} may be another package on Debian, which the image is built on");
            return Err(self.site.refuse("other-distribution", message));
        }
        Ok(())
    }

    /// The version in use: that in the name of a package, or what the project states, or what the release packages.
    fn version(&self) -> Result<(String, Evidence), Refusal> {
        let (site, name) = (self.site, &self.language.provides);
        let named = match self.named()? {
            None => setup::version(site, self.language)?,
            named => named,
        };
        let found = match named {
            Some(version) => Some((version, Place::Source(site.span()), "is installed here")),
            None => self
                .stated()?
                .map(|(version, place)| (version, place, "is what the project states")),
        };
        let packaged = || {
            let version = self.packaged()?.to_owned();
            Some((
                version,
                Place::Table("images"),
                "is what the distribution packages",
            ))
        };
        let Some((version, place, why)) = found.or_else(packaged) else {
            let message = format!(
                "which version of {name} that is, is not known: state it in a file of the project"
            );
            return Err(site.refuse("not-stated", message));
        };
        let note = format!("{name} {version} {why}");
        Ok((version, Evidence { place, note }))
    }

    /// The version in the names of packages.
    fn named(&self) -> Result<Option<String>, Refusal> {
        let versions = self
            .own
            .iter()
            .filter_map(|name| self.language.stands_for(name)?);
        let mut versions: Vec<String> = versions.collect();
        versions.dedup();
        match versions.len() {
            0 | 1 => Ok(versions.pop()),
            _ => Err(self.site.refuse(
                "contradiction",
                "packages of different versions are installed",
            )),
        }
    }

    /// The version that files of the project state, and the first of them.
    fn stated(&self) -> Result<Option<(String, Place)>, Refusal> {
        let (site, name) = (self.site, self.language.repository());
        let (Some(context), Some(versions)) =
            (site.cx.context, site.cx.knowledge.versions.of_image(name))
        else {
            return Ok(None);
        };
        let statements = stated::statements(context, versions).into_iter();
        let known = statements
            .filter_map(|stated| Some((versions.tag_for(&stated.version)?, stated.place())));
        let mut known: Vec<(String, Place)> = known.collect();
        if known.iter().any(|(version, _)| *version != known[0].0) {
            let message = "files of the project state different versions";
            return Err(site.refuse("contradiction", message));
        }
        Ok((!known.is_empty()).then(|| known.swap_remove(0)))
    }

    /// Where what is installed lies now, as far as the version is known that was there before.
    fn moves(&self, version: &str) -> Vec<Change> {
        let before = self.packaged().unwrap_or(version);
        let folders = self.language.moved.iter();
        let change = |(from, to): (&String, &String)| Change::Moved {
            from: from.replace("{version}", before),
            to: to.replace("{version}", version),
        };
        folders.map(change).collect()
    }

    /// The version that the release packages.
    fn packaged(&self) -> Option<&'a str> {
        let release = self.site.image.release.as_ref()?;
        let versions = self
            .site
            .image
            .system?
            .packaged
            .get(&self.language.provides)?;
        versions.get(&release.name).map(String::as_str)
    }

    /// Steps that set up more than packages, and files of stages on the same distribution.
    fn check_setup(&self) -> Result<(), Refusal> {
        let site = self.site;
        let sets_up = |does| matches!(does, Some(Does::ConfigurePackages | Does::RemovePackages));
        if let Some((at, _)) = site.steps().find(|(_, step)| sets_up(step.does())) {
            let message = "it sets up or removes packages of this distribution";
            return Err(site.refuse_at(at, "package-setup", message));
        }
        let mut copies = site.stage.body.clone();
        match copies.find(|&at| site.cx.facts.source_stage(at).is_some()) {
            Some(at) => {
                let message =
                    "what it copies was made in another stage, perhaps for this distribution";
                Err(site.refuse_at(at, "foreign-copy", message))
            }
            None => Ok(()),
        }
    }

    /// Places and accounts that only the distribution has.
    fn check_traces(&self, target: &Target<'_>) -> Result<(), Refusal> {
        let site = self.site;
        let is_kept = |name: &str| target.image.users.iter().any(|user| user.name == name);
        let accounts = site.image.users.iter().map(|user| user.name.as_str());
        let traces = self.language.traces.iter().map(String::as_str);
        let traces: Vec<&str> = traces
            .chain(accounts.filter(|name| !is_kept(name)))
            .collect();
        let trace_in = |text: &str| traces.iter().find(|trace| text.contains(**trace)).copied();
        let found = |at: usize| match site.cx.facts.views[at].kind {
            Kind::Label { .. } | Kind::Maintainer { .. } => None,
            _ => trace_in(site.cx.facts.source_text(at)),
        };
        if let Some((at, trace)) = site
            .stage
            .body
            .clone()
            .find_map(|at| Some((at, found(at)?)))
        {
            let message = format!(
                "{trace} is not there, or something else, in {}",
                target.reference
            );
            return Err(site.refuse_at(at, "by-path", &message));
        }
        let files = self.project_files();
        let mut lines = files.iter().flat_map(|files| files.lines());
        match lines.find_map(|line| Some((trace_in(line.text)?, line))) {
            Some((trace, line)) => {
                let message = format!(
                    "{} names {trace}, which is not there in {}",
                    line.path, target.reference
                );
                let place = Place::File(line.path.to_owned(), Some(line.line));
                Err(site.refuse("by-path", message).because(place, "names it"))
            }
            None => Ok(()),
        }
    }

    /// Accounts that a step makes, and the image has already.
    fn check_accounts(&self, target: &Target<'_>) -> Result<(), Refusal> {
        let site = self.site;
        let users = target.image.users.iter();
        let taken = users.flat_map(|user| {
            let number = user.uid.map(|uid| uid.to_string());
            [Some(user.name.clone()), number].into_iter().flatten()
        });
        let taken: Vec<String> = taken.collect();
        let makes = |step: &Step<'_>| {
            let program = step.args.first().map_or("", |arg| arg.known());
            ["useradd", "adduser", "groupadd", "addgroup"].contains(&program)
        };
        let names_taken = |step: &Step<'_>| {
            let words = step.words();
            let mut values = words.map(|word| word.rsplit('=').next().unwrap_or(word));
            values.any(|word| taken.iter().any(|name| name == word))
        };
        let found = site
            .steps()
            .find(|(_, step)| makes(step) && names_taken(step));
        match found {
            Some((at, _)) => {
                let message = format!("it makes an account that {} has already", target.reference);
                Err(site.refuse_at(at, "account-taken", &message))
            }
            None => Ok(()),
        }
    }

    /// The commands that make a source of packages known, which go.
    fn gone_setups(&self) -> impl Iterator<Item = Change> {
        let cx = self.site.cx;
        let texts = self.site.setups().iter().map(|setup| {
            let text = &cx.facts.views[setup.at].logical.text;
            setup.span.text(text).to_owned()
        });
        texts.map(|command| Change::SourceGone { command })
    }

    /// The sources and scripts of the project.
    fn project_files(&self) -> Vec<Arc<Sources>> {
        let language = self
            .site
            .cx
            .knowledge
            .tools
            .language(&self.language.provides);
        let files = self
            .site
            .cx
            .context
            .zip(language)
            .map(|(context, language)| {
                [
                    context.sources(language),
                    context.files_called(&["*.sh".to_owned()]),
                ]
            });
        let files = files.into_iter().flatten();
        files.collect()
    }
}
