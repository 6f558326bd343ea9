//! What builds print.

/// What a build has said so far.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Log {
    /// The steps, in the order in which they began.
    pub steps: Vec<Step>,
}

/// A step that can make a layer: `RUN`, `COPY`, `ADD`, `WORKDIR`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Step {
    /// By what the engine goes on to speak of it.
    key: String,
    /// Its place and its instruction: `[builder 2/5] RUN make`.
    pub name: String,
    /// Whether it was taken from the cache.
    pub cached: bool,
}

/// What engines print when they cannot get a base image: BuildKit (`source/containerimage`), Docker's
/// daemon, containers/image.
const NO_BASE: [&str; 8] = [
    "failed to resolve source metadata for",
    "pull access denied",
    "failed to copy: httpreadseeker",
    "initializing source docker://",
    "pinging container registry",
    "did not resolve to an alias",
    "unable to find a name and tag match",
    "toomanyrequests",
];

/// The line that says that a base image cannot be had, if the build failed over that.
pub(super) fn missing_base(text: &str) -> Option<&str> {
    let tells = |line: &&str| {
        let line = line.to_lowercase();
        NO_BASE.iter().any(|part| line.contains(part))
    };
    // The last word is without the number of the step and the time.
    text.lines().rev().map(str::trim).find(tells)
}

/// Reads a line of BuildKit's plain progress: `#6 [builder 2/3] RUN make`, `#6 CACHED`.
pub(super) fn read_buildkit(log: &mut Log, line: &str) {
    let Some((number, rest)) = line.split_once(' ') else {
        return;
    };
    let known = log.steps.iter_mut().find(|step| step.key == number);
    match known {
        Some(step) => step.cached |= rest == "CACHED",
        None if number.starts_with('#') && is_buildkit_step(rest) => log.steps.push(Step {
            key: number.to_owned(),
            name: rest.to_owned(),
            cached: false,
        }),
        None => {}
    }
}

/// `[2/5] RUN make` and `[builder 2/5] RUN make`, but not `[1/5] FROM` and `[internal] …`.
fn is_buildkit_step(text: &str) -> bool {
    let place = text
        .strip_prefix('[')
        .and_then(|text| text.split_once("] "));
    place.is_some_and(|(place, what)| {
        let number = place.rsplit(' ').next().unwrap_or_default();
        is_fraction(number) && !what.starts_with("FROM ")
    })
}

/// Reads a line of buildah: `[2/2] STEP 3/4: RUN make`, and then `--> Using cache …` or not.
pub(super) fn read_buildah(log: &mut Log, line: &str) {
    if line.starts_with("--> Using cache ") {
        if let Some(step) = log.steps.last_mut() {
            step.cached = step.key == "open";
        }
        return;
    }
    let stage = line
        .strip_prefix('[')
        .and_then(|text| text.split_once("] "));
    let text = stage.map_or(line, |(_, text)| text);
    let Some((number, what)) = text
        .strip_prefix("STEP ")
        .and_then(|text| text.split_once(": "))
    else {
        return;
    };
    if !is_fraction(number) {
        return;
    }
    for step in &mut log.steps {
        step.key = "over".to_owned();
    }
    let verb = what
        .split(' ')
        .next()
        .unwrap_or_default()
        .to_ascii_uppercase();
    if matches!(verb.as_str(), "RUN" | "COPY" | "ADD" | "WORKDIR") {
        log.steps.push(Step {
            key: "open".to_owned(),
            name: line.to_owned(),
            cached: false,
        });
    }
}

/// `2/5`
fn is_fraction(text: &str) -> bool {
    let parts = text.split_once('/');
    parts.is_some_and(|(one, other)| one.parse::<u32>().is_ok() && other.parse::<u32>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(read: fn(&mut Log, &str), text: &str) -> Vec<(String, bool)> {
        let mut log = Log::default();
        text.lines().for_each(|line| read(&mut log, line));
        let steps = log.steps.into_iter();
        steps.map(|step| (step.name, step.cached)).collect()
    }

    #[test]
    fn buildkit_tells_which_steps_ran() {
        let text = "#1 [internal] load build definition from Dockerfile\n#5 [builder 1/3] FROM docker.io/library/a\n\
            #6 [builder 2/3] COPY . .\n#6 CACHED\n#7 [builder 3/3] RUN make\n#7 0.1 [1/9] compiling\n#7 DONE 0.2s\n";
        let expected = [
            ("[builder 2/3] COPY . .", true),
            ("[builder 3/3] RUN make", false),
        ];
        assert_eq!(
            steps(read_buildkit, text),
            expected.map(|(name, cached)| (name.to_owned(), cached))
        );
    }

    #[test]
    fn buildah_tells_which_steps_ran() {
        let text = "[1/2] STEP 1/3: FROM a AS b\n[1/2] STEP 2/3: WORKDIR /app\n--> Using cache 0123\n--> 0123\n\
            [1/2] STEP 3/3: RUN make\n[2/2] STEP 1/2: FROM c\n[2/2] STEP 2/2: ENV A=1\n--> Using cache 4567\n";
        let expected = [
            ("[1/2] STEP 2/3: WORKDIR /app", true),
            ("[1/2] STEP 3/3: RUN make", false),
        ];
        assert_eq!(
            steps(read_buildah, text),
            expected.map(|(name, cached)| (name.to_owned(), cached))
        );
    }

    #[test]
    fn a_base_that_cannot_be_had_is_told_from_a_step_that_fails() {
        let text = "#2 ERROR: x\nERROR: failed to solve: alpine:3: failed to resolve source metadata for \
            docker.io/library/alpine:3: dial tcp: lookup registry: no such host\n";
        assert!(missing_base(text).is_some_and(|line| line.ends_with("no such host")));
        assert_eq!(
            missing_base(
                "ERROR: process \"/bin/sh -c pip install x\" did not complete: no such host"
            ),
            None
        );
    }
}
