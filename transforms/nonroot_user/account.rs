//! The account that the program runs as.

use super::site::Site;
use crate::analysis::stages::{Base, Stage};
use crate::knowledge::images::{Accounts, Distribution, Image, Shell, User};
use crate::transform::{Cx, Refusal};

/// Its number where dfopt makes it: outside of the ranges from which systems and people number theirs.
const UID: u32 = 10001;
/// Its number where there is no list of accounts: that of `nonroot` in distroless images.
const NONROOT: u32 = 65532;

/// An account for the program.
pub(super) struct Account {
    /// What stands behind `USER`.
    pub user: String,
    /// Owner and group, as `chown` takes them.
    pub owner: String,
    /// The same in numbers.
    pub number: String,
    /// The command that makes it.
    pub create: Option<String>,
    /// Whether the image has the programs that give folders away.
    pub has_shell: bool,
    /// Its home folder.
    pub home: Option<String>,
}

impl Account {
    /// For messages: `app (10001:10001)`.
    pub(super) fn described(&self) -> String {
        let name = self.owner.split(':').next().unwrap_or_default();
        if self.owner == self.number {
            format!("user {}", self.number)
        } else {
            format!("{name} ({})", self.number)
        }
    }

    /// What the table of images says of it.
    pub(super) fn known_by(&self) -> &'static str {
        match (&self.create, self.is_nameless()) {
            (Some(_), _) => "how accounts are made there",
            (None, true) => "no program there makes accounts, so that it is a number",
            (None, false) => "the account that the image has for programs",
        }
    }

    /// Whether it is a number alone, in an image that could have a name for it.
    pub(super) fn is_nameless(&self) -> bool {
        self.has_shell && self.owner == self.number
    }

    /// Whether an owner written in the Dockerfile is this account.
    pub(super) fn is_called(&self, owner: &str) -> bool {
        let user = |owner: &str| owner.split(':').next().unwrap_or_default().to_owned();
        user(owner) == user(&self.owner) || user(owner) == user(&self.number)
    }
}

/// The account for the programs of `stage`.
///
/// # Errors
/// When it is not known how the image makes accounts.
pub(super) fn choose(site: &Site<'_>) -> Result<Account, Refusal> {
    let (cx, stage) = (site.cx, site.stage);
    if root_base(cx, stage) == &Base::Scratch {
        return Ok(numbered(None));
    }
    let unknown = || {
        let message = "it is not known how accounts are made in the base image, or which user it has; set USER yourself, or describe the image in dfopt.toml";
        site.refuse("unknown-base", message)
            .because(site.from(), "this image")
    };
    let image = cx.facts.image(stage).ok_or_else(unknown)?;
    let system = image.system.ok_or_else(unknown)?;
    if let Some((user, uid)) = own(image, system) {
        return Ok(of_image(system, user, uid));
    }
    match system.accounts {
        Accounts::Useradd => Ok(made(format!(
            "useradd --create-home --user-group --uid {UID} --no-log-init app"
        ))),
        Accounts::Adduser => Ok(made(format!("adduser -D -u {UID} app"))),
        Accounts::None if !matches!(system.shell, Shell::None) => {
            let number = format!("{UID}:{UID}");
            Ok(Account {
                user: number.clone(),
                owner: number.clone(),
                number,
                create: None,
                has_shell: true,
                home: None,
            })
        }
        Accounts::None => Ok(numbered(None)),
    }
}

/// What the stage is built on at last.
fn root_base<'a>(cx: &'a Cx<'_>, stage: &'a Stage) -> &'a Base {
    match &stage.base {
        Base::Stage(parent) => root_base(cx, &cx.facts.stages[*parent]),
        base => base,
    }
}

/// The account that the image has for the programs in it; those of its distribution have other uses.
fn own<'t>(image: &Image<'t>, system: &Distribution) -> Option<(&'t User, u32)> {
    let of_family = image
        .users
        .iter()
        .filter(|user| !system.user.contains(user));
    of_family.filter_map(|user| Some((*user, user.uid?))).next()
}

fn of_image(system: &Distribution, user: &User, uid: u32) -> Account {
    let gid = user.gid.unwrap_or(uid);
    if system.accounts == Accounts::None {
        return Account {
            number: format!("{uid}:{gid}"),
            ..numbered(Some(format!("/home/{}", user.name)))
        };
    }
    let owner = if gid == uid {
        format!("{0}:{0}", user.name)
    } else {
        format!("{}:{gid}", user.name)
    };
    Account {
        user: user.name.clone(),
        owner,
        number: format!("{uid}:{gid}"),
        create: None,
        has_shell: true,
        home: Some(format!("/home/{}", user.name)),
    }
}

/// Made by `create`. Kubernetes' `runAsNonRoot` cannot check a name, so `USER` is a number.
fn made(create: String) -> Account {
    let number = format!("{UID}:{UID}");
    let home = Some("/home/app".to_owned());
    Account {
        user: number.clone(),
        owner: "app:app".to_owned(),
        number,
        create: Some(create),
        has_shell: true,
        home,
    }
}

/// A number in an image without accounts or without a shell.
fn numbered(home: Option<String>) -> Account {
    let number = format!("{NONROOT}:{NONROOT}");
    Account {
        user: number.clone(),
        owner: number.clone(),
        number,
        create: None,
        has_shell: false,
        home,
    }
}
