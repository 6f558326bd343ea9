//! The differences that a rewrite may declare.

/// A difference between before and after that the rewrite means to make. Whatever is not declared
/// must be equal, or the verifier drops the rewrite.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Change {
    /// The final stage ends with this user.
    User(String),
    /// `CMD` and `ENTRYPOINT` start the same words, with or without a shell around them.
    Launch,
    /// `CMD` or `ENTRYPOINT` had the words `from`, which build a program and start it, and starts the program: `to`.
    Started {
        /// The words that were configured.
        from: Vec<String>,
        /// The words that are.
        to: Vec<String>,
    },
    /// Copies that had no `--chown` have one: what they bring belongs to another user.
    Owner,
    /// A command that gave folders away with all that is in them is gone: the copies that put something there have the
    /// owner themselves.
    GivenByCopies {
        /// The command, as written.
        command: String,
        /// The owner, as `--chown` has it.
        owner: String,
        /// The places of copies that have none, because the program only reads what they bring.
        but: Vec<String>,
    },
    /// There is one more stage, which no other uses.
    ExtraStage {
        /// Its name.
        name: String,
        /// It repeats the stage of this instruction up to it.
        repeats: usize,
        /// The variables that it sets behind that, as written.
        settings: Vec<String>,
    },
    /// The final stage has a `HEALTHCHECK` and had none.
    Healthcheck,
    /// A variable of the environment of the final stage.
    Env(String),
    /// `NAME=value`: a variable of the environment of the final stage, with its value.
    Variable(String),
    /// `ADD`s that became `COPY`: what they bring is local, and no archive.
    NothingUnpacked,
    /// `MAINTAINER` became a label of this name with the same value.
    MaintainerAsLabel(String),
    /// The final stage became a builder and a stage that is shipped, on these images.
    Stages {
        /// What the builder is built on, as written.
        builder: String,
        /// What the stage that is shipped is built on, as written.
        runtime: String,
    },
    /// The name of the stage that became two is that of the builder.
    NameStays(String),
    /// Words that a build command has gained, in front or behind its verb: the programs that it makes do the same in
    /// another form.
    BuildOptions(Vec<String>),
    /// Stages that were built on one image are built on another.
    Base {
        /// The reference that was written.
        from: String,
        /// The reference that is written now.
        to: String,
    },
    /// The stage says that it begins in this folder, in which the image began that it was built on.
    BeginsIn(String),
    /// A command of a `RUN`, as written, that another one stands for now, which does the same for the program.
    Replaced {
        /// The command that was there.
        from: String,
        /// The command in its place.
        to: String,
    },
    /// A `COPY --from` of an image that brings a tool of the build.
    ToolCopied {
        /// The image.
        image: String,
        /// The path of the tool there.
        from: String,
        /// Its path here.
        to: String,
    },
    /// Copies of the build context that brought this file bring another in its place: the lock file of another tool.
    LockFile {
        /// The file that was copied, or a pattern that finds it, as written.
        from: String,
        /// The file that is copied now.
        to: String,
    },
    /// A command that only brought or set up a program which nothing runs any more.
    SetupGone {
        /// The command, as written.
        command: String,
        /// The program.
        program: String,
    },
    /// A command, as written, that made a source of packages known from which nothing is installed any more.
    SourceGone {
        /// The command.
        command: String,
    },
    /// Packages that the final stage no longer installs.
    PackagesRemoved(Vec<String>),
    /// Packages that the final stage still installs, and the builder that it is split from does not.
    PackagesMoved(Vec<String>),
    /// Packages that the final stage installs in addition.
    PackagesAdded(Vec<String>),
    /// Commands of a `RUN` that were not there, joined by ` && `.
    Commands(String),
    /// An option that installs have and had not.
    InstallOption(String),
    /// What the stage that is shipped copies from the builder, and where to, in this order.
    Taken(Vec<(String, String)>),
    /// A command, or a path, of which the final stage needs nothing: it only serves the build.
    ServesBuild(String),
    /// This `--mount=…` that a `RUN` has and had not, as written. The folder of a cache is no part of the image any more.
    Mount(String),
    /// A variable of this name is gone: the steps that need it have a secret of that name in their environment.
    Secret(String),
    /// No copy brings this file of the build context any more: the steps that need it have it as a secret.
    SecretFile(String),
    /// What copies from another stage took from one path they take from another, where a step now puts it.
    Moved {
        /// The path in that stage.
        from: String,
        /// Where it is now.
        to: String,
    },
    /// A folder of the final stage has another name wherever the stage calls it by its name, which no step does.
    Folder {
        /// Its name.
        from: String,
        /// Its name now.
        to: String,
    },
    /// Words that commands with a new cache mount had and have no more: what kept the cache out of the image.
    WordGone(String),
    /// A command that only cleaned what is mounted now, or said who may read it, as written.
    CleanupGone(String),
    /// A path in the image that a copy of the build context does not bring, although it brings the
    /// folder around it: the context is free of it, or `.dockerignore` hides it.
    NotInContext(String),
}
