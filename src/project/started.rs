//! Command lines that start containers of an image that was built, or run something in one: in scripts, in the files of
//! CI, and in what people are told to type.

use std::path::Path;

use serde::Deserialize;

use super::commands::{is_end, joined_lines, option_of, within_quotes};
use super::compose;
use super::container::for_shell;
use super::images::{Built, Known};
use super::setting::{Location, value};
use super::settings::with_variables;
use super::words::{in_one_word, split};
use super::{Child, Container, Mount, Use};
use crate::analysis::paths::file_name;
use crate::knowledge::pattern::Pattern;

/// How containers are started; see the table.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Started {
    words: Vec<String>,
    image: Vec<Pattern>,
    container: Vec<Pattern>,
    service: Vec<Pattern>,
    inside: Vec<Pattern>,
    copy: Vec<Pattern>,
    flags: Vec<String>,
    prompts: Vec<String>,
}

/// What a command line says behind its start.
struct Call {
    options: Vec<(String, String)>,
    /// The image or the service.
    subject: String,
    /// What runs in the container.
    command: Vec<String>,
}

impl Started {
    /// The containers that the command lines in `text` start from images that are `known`, with paths from `folder`.
    pub(super) fn of_images(&self, folder: &Path, text: &str, known: &Known<'_>) -> Vec<Use> {
        self.found(text, |command| {
            let calls = self.calls(&self.image, command);
            let uses = calls.filter_map(|(start, call)| {
                if let Some(build) = known.build(&call.subject) {
                    return Some(self.of_image(folder, build, &start, &call));
                }
                let unknown = Use::new("", Location::unknown()).of_unknown_image();
                let used = self.of_image(folder, &unknown, &start, &call);
                used.has_mounts().then_some(used)
            });
            uses.collect()
        })
    }

    /// What the command lines in `text`, of a file that builds `own`, run in services and in containers that are `known`.
    pub(super) fn in_containers(
        &self,
        folder: &Path,
        text: &str,
        own: &[Built],
        known: &Known<'_>,
    ) -> Vec<Use> {
        self.found(text, |command| {
            let services = self.calls(&self.service, command);
            let in_services = services.filter_map(|(start, call)| {
                let mut services = known.services.iter();
                let service = services.find(|used| used.name == call.subject)?;
                self.in_service(folder, service, &start, &call)
            });
            let containers = self.calls(&self.container, command);
            let in_containers = containers.filter_map(|(start, call)| {
                let container = container(&call.subject, own, known)?;
                self.in_service(folder, container, &start, &call)
            });
            let inside = self.inside.iter().filter(|form| form.is_match(command));
            let inside = inside.flat_map(|_| own.iter().map(|built| worked_in(&built.used)));
            let copies = self.calls(&self.copy, command);
            let copies = copies.filter_map(|(start, call)| copied(&start, &call, own, known));
            let found = in_services.chain(in_containers).chain(inside);
            found.chain(copies).collect()
        })
    }

    /// Whether something in `text` may start a container.
    pub(super) fn may_start(&self, text: &str) -> bool {
        self.words.iter().any(|word| text.contains(word))
    }

    /// What `find` finds on the lines of `text` that may start something. Most start nothing, which is seen at once.
    fn found(&self, text: &str, find: impl Fn(&str) -> Vec<Use>) -> Vec<Use> {
        if !self.may_start(text) {
            return Vec::new();
        }
        let lines = joined_lines(text).into_iter();
        let lines = lines.filter(|(_, command)| self.may_start(command));
        let uses = lines.flat_map(|(line, command)| {
            find(&command).into_iter().map(move |used| Use {
                line: Some(line),
                ..used
            })
        });
        uses.collect()
    }

    /// The calls on one line that start as `starts` say, each with its start.
    fn calls<'c>(
        &'c self,
        starts: &'c [Pattern],
        line: &'c str,
    ) -> impl Iterator<Item = (String, Call)> + 'c {
        starts.iter().filter_map(move |start| {
            let found = start.find(line)?;
            let (head, tail) = line.split_at(found.end());
            let call = self.call(within_quotes(head, tail))?;
            let words: Vec<&str> = found.as_str().split_whitespace().collect();
            Some((words.join(" "), call))
        })
    }

    fn call(&self, line: &str) -> Option<Call> {
        let words = split(&in_one_word(line));
        let mut words = words.into_iter().take_while(|word| !is_end(word));
        let mut options = Vec::new();
        while let Some(word) = words.next() {
            if !word.starts_with('-') || word == "-" {
                return Some(Call {
                    options,
                    subject: word,
                    command: words.collect(),
                });
            }
            let (option, rest) = option_of(&word, &self.flags);
            let has_value = rest.is_some() || !self.flags.contains(&option);
            let value = rest.or_else(|| has_value.then(|| words.next()).flatten());
            options.push((option, value.unwrap_or_default()));
        }
        None
    }

    fn of_image(&self, folder: &Path, build: &Use, start: &str, call: &Call) -> Use {
        let container = self.given(folder, call, Container::default());
        Use {
            container: Some(Container {
                name: call.value(&["--name"]),
                user: call.value(&["-u", "--user"]),
                ..container
            }),
            ..build.by_command(format!("{start} {}", call.subject))
        }
    }

    /// What `compose run` starts, or `compose exec` runs beside what runs already; `None` when that is a prompt.
    fn in_service(&self, folder: &Path, service: &Use, start: &str, call: &Call) -> Option<Use> {
        let own = service.container.clone().unwrap_or_default();
        let container = if start.ends_with("exec") {
            let command = self.command(call)?;
            Container {
                entrypoint: Some(command),
                command: None,
                ..own
            }
        } else {
            self.given(folder, call, own)
        };
        Some(Use {
            container: Some(container),
            ..service.by_command(format!("{start} {}", call.subject))
        })
    }

    /// The container that a `run` with these options starts in place of `own`.
    fn given(&self, folder: &Path, call: &Call, own: Container) -> Container {
        let volumes = call.values(&["-v", "--volume"]);
        let short = volumes.map(|volume| Mount::short(folder, &here(volume)));
        let long = call.values(&["--mount"]);
        let long = long.filter_map(|mount| Mount::of_option(folder, &here(mount)));
        let mounts = own.mounts.iter().cloned().chain(short).chain(long);
        let tmpfs = call.values(&["--tmpfs"]);
        let tmpfs = tmpfs.filter_map(|folder| compose::memory(&value(folder)));
        let memory = own.memory.iter().cloned().chain(tmpfs).collect();
        let variables = call.values(&["-e", "--env"]);
        let variables = variables.filter_map(|pair| {
            let (name, setting) = pair.split_once('=')?;
            Some((name.to_owned(), here(setting)))
        });
        let entrypoint = call.value(&["--entrypoint"]);
        let checks = call.values(&["--health-cmd"]).map(for_shell);
        let beside = own.beside.iter().cloned().chain(checks).collect();
        Container {
            privileged: own.privileged || call.has("--privileged"),
            host_network: own.host_network
                || call.value(&["--network", "--net"]).as_deref() == Some("host"),
            host_processes: own.host_processes || call.value(&["--pid"]).as_deref() == Some("host"),
            capabilities: own.capabilities || call.has("--cap-add"),
            devices: own.devices || call.has("--device") || call.has("--gpus"),
            mounts: mounts.collect(),
            memory,
            environment: own.environment.iter().cloned().chain(variables).collect(),
            workdir: call.value(&["-w", "--workdir"]).or(own.workdir),
            entrypoint: match entrypoint {
                Some(program) if !self.is_prompt(&program) => Some(vec![program]),
                _ => own.entrypoint,
            },
            command: self.command(call).or(own.command),
            beside,
            ..own
        }
    }

    /// What runs in the container; `None` when that is what it always runs, or a prompt to look around.
    fn command(&self, call: &Call) -> Option<Vec<String>> {
        let (first, rest) = call.command.split_first()?;
        let is_prompt = self.is_prompt(first) && rest.iter().all(|word| word.starts_with('-'));
        let words = call.command.iter().map(|word| value(&with_variables(word)));
        (!is_prompt).then(|| words.collect())
    }

    fn is_prompt(&self, program: &str) -> bool {
        let name = file_name(program);
        self.prompts.iter().any(|prompt| prompt == name)
    }
}

/// The container that somebody calls `name`: by its own name, by that which Compose gives to one of a service, or by a
/// variable in a file that builds the image.
fn container<'k>(name: &str, own: &'k [Built], known: &'k Known<'_>) -> Option<&'k Use> {
    let named = |used: &&Use| {
        let container = used.container.as_ref();
        let own = container.and_then(|container| container.name.as_deref());
        own == Some(name)
    };
    let numbered = |used: &&Use| {
        let endings = [format!("-{}-1", used.name), format!("_{}_1", used.name)];
        endings.iter().any(|ending| name.ends_with(ending))
    };
    let by_variable = || own.first().filter(|_| name.contains(['$', '`', '%']));
    let mut services = known.services.iter();
    let by_name = known.containers.iter().chain(&known.services).find(named);
    let by_name = by_name.or_else(|| services.find(numbered));
    by_name.or_else(|| by_variable().map(|built| &built.used))
}

/// What copies files out of a container: `docker cp NAME:PATH .`.
fn copied(start: &str, call: &Call, own: &[Built], known: &Known<'_>) -> Option<Use> {
    let (name, _) = call.subject.split_once(":/")?;
    let mut services = known.services.iter();
    let service = services.find(|used| start.contains("compose") && used.name == name);
    let used = service.or_else(|| container(name, own, known))?;
    Some(Use {
        container: None,
        child: Some(Child::of_files()),
        ..used.by_command(format!("{start} {}", call.subject))
    })
}

/// A container of the image in which commands of the same file run, with the tools of the image at hand.
fn worked_in(built: &Use) -> Use {
    Use {
        container: Some(Container::with_prompt()),
        ..built.by_command("inside".to_owned())
    }
}

impl Call {
    fn values<'c>(&'c self, names: &'c [&'c str]) -> impl Iterator<Item = &'c str> {
        let options = self.options.iter();
        options.filter_map(|(name, value)| names.contains(&&**name).then_some(&**value))
    }

    fn value(&self, names: &[&str]) -> Option<String> {
        self.values(names)
            .last()
            .map(|found| value(&with_variables(found)))
    }

    fn has(&self, name: &str) -> bool {
        self.options.iter().any(|(known, _)| known == name)
    }
}

/// A mount of which the folder of the caller is `.`, and other variables are what only the caller knows.
fn here(mount: &str) -> String {
    const CALLER: [&str; 9] = [
        "$(pwd)",
        "$(PWD)",
        "$(CURDIR)",
        "$PWD",
        "${PWD}",
        "$$(pwd)",
        "`pwd`",
        "%cd%",
        "%CD%",
    ];
    let mut mount = mount.to_owned();
    for folder in CALLER {
        mount = mount.replace(folder, ".");
    }
    value(&with_variables(&mount))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::project::files::Table;
    use crate::project::setting::Location;

    fn found(text: &str) -> Vec<Use> {
        let table = Table::builtin();
        let folder = Path::new("/p");
        let built = table.commands.builds(&Location::of(folder), text, true);
        let service = Use {
            container: Some(Container::default()),
            ..Use::new("web", Location::of(Path::new("/p/Dockerfile")))
        };
        let mut known = Known {
            built: built.iter().collect(),
            services: vec![service],
            ..Known::default()
        };
        let mut found = table.started.of_images(folder, text, &known);
        known.containers.clone_from(&found);
        found.extend(table.started.in_containers(folder, text, &built, &known));
        found
    }

    fn only(text: &str) -> Container {
        let mut found = found(text);
        assert_eq!(found.len(), 1, "{text}: {found:?}");
        found.remove(0).container.expect("a container")
    }

    fn words(container: &Container) -> Vec<String> {
        container.command_line(None).unwrap_or_default()
    }

    #[test]
    fn an_image_that_is_built_there_is_started() {
        for text in [
            "docker build -t app . \ndocker run --rm -it -p 80:80 app npm test",
            "docker build . --tag=app:latest && docker run --name x -e A=b app npm test | tee log",
            "\tdocker build -t $(IMAGE) .\n\tdocker run $(IMAGE) npm test",
            "docker build -t app .\ndocker run \\\n  -d --restart always \\\n  app npm test",
            "- run: docker build -t a/b:${{ github.sha }} .\n- run: docker run a/b:${{ github.sha }} npm test",
        ] {
            assert_eq!(words(&only(text)), ["npm", "test"], "{text}");
        }
    }

    #[test]
    fn other_images_and_prompts_do_not_count() {
        assert_eq!(
            found("docker build -t app .\ndocker run redis redis-cli"),
            []
        );
        let prompt = only("docker build -t app .\ndocker run -it app /bin/bash");
        assert_eq!(prompt.command, None);
        assert_eq!(found("docker compose exec web sh"), []);
        assert_eq!(found("docker compose exec db psql -U app"), []);
    }

    #[test]
    fn a_service_runs_something_else() {
        for text in [
            "docker compose exec web npx prisma migrate deploy",
            "docker-compose -f docker-compose.dev.yml run --rm -e A=1 web npx prisma migrate deploy",
            "sudo docker compose --profile tools exec -T web npx prisma migrate deploy > log",
        ] {
            assert_eq!(
                words(&only(text)),
                ["npx", "prisma", "migrate", "deploy"],
                "{text}"
            );
        }
    }

    #[test]
    fn something_runs_in_a_container_beside_it() {
        for text in [
            "docker build -t app .\ndocker run -d --name site app\ndocker exec -it site npm run seed",
            "docker build -t app .\nC=$(docker run -d app)\ndocker exec $C npm run seed",
            "docker build -t app .\nsh \"docker exec ${c.id} npm run seed\"",
        ] {
            let all = found(text);
            let last = all.last().and_then(|used| used.container.as_ref());
            let entrypoint = last.and_then(|container| container.entrypoint.clone());
            assert_eq!(
                entrypoint.as_deref(),
                Some(&SEED.map(str::to_owned)[..]),
                "{text}"
            );
        }
        let of_service = only("docker exec project_web_1 npm run seed");
        assert_eq!(
            of_service.entrypoint.as_deref(),
            Some(&SEED.map(str::to_owned)[..])
        );
        assert_eq!(found("docker exec db psql -U app"), []);
        assert_eq!(found("docker exec $DB psql -U app"), []);
    }

    const SEED: [&str; 3] = ["npm", "run", "seed"];

    #[test]
    fn people_work_in_the_image_that_the_file_builds() {
        let text = "def app = docker.build(\"app:${env.ID}\")\napp.inside {\n  sh 'npm test'\n}";
        assert!(only(text).entrypoint.is_some());
        assert_eq!(found("docker.image('node').inside { sh 'npm test' }"), []);
    }

    #[test]
    fn folders_of_the_host_are_mounted() {
        for volume in [
            "-v $(pwd)/data:/data",
            "-v\"${PWD}/data\":/data",
            "--mount type=bind,source=./data,target=/data",
        ] {
            let text = format!("docker build -t app .\ndocker run {volume} app");
            let mounts = only(&text).mounts;
            assert_eq!(
                mounts[0].host.as_deref(),
                Some(Path::new("/p/data")),
                "{text}"
            );
            assert_eq!(mounts[0].target, "/data");
        }
        let volume = only("docker build -t app .\ndocker run -v data:/data app");
        assert_eq!(volume.mounts[0].host, None);
        let given =
            only("docker build -t app .\ndocker run --cap-add NET_ADMIN --network=host -u 5 app");
        assert!(given.capabilities && given.host_network && given.user.as_deref() == Some("5"));
    }
}
