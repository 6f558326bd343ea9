//! Who runs a step, and where home is.

use crate::transform::{Cx, Refusal};

use super::refuse;

/// The account that a `RUN` runs as.
pub(super) struct Account {
    /// The home folder.
    pub(super) home: String,
    /// User and group of a mount, when it is not root.
    pub(super) owner: Option<(u32, u32)>,
}

/// The account that the `RUN` at `index` runs as.
///
/// # Errors
/// When it is not known, or its number or its home folder is not.
pub(super) fn of(cx: &Cx<'_>, index: usize) -> Result<Account, Refusal> {
    let state = &cx.facts.states[index];
    let home = state.variables.contains_key("HOME");
    let home = home.then(|| state.fixed_value("HOME").map(str::to_owned));
    match (state.is_root(), home) {
        (_, Some(None)) => Err(refuse(
            cx,
            index,
            "moved",
            "only the build knows what HOME is",
        )),
        (None, _) => {
            let message =
                "nobody knows which user it runs as, and so where home is; say it with USER";
            Err(refuse(cx, index, "unknown-user", message))
        }
        (Some(true), home) => Ok(Account {
            home: home.flatten().unwrap_or_else(|| "/root".to_owned()),
            owner: None,
        }),
        (Some(false), home) => of_user(cx, index, home.flatten()),
    }
}

/// An account with a number, or one of the image that has a home of its own.
fn of_user(cx: &Cx<'_>, index: usize, home: Option<String>) -> Result<Account, Refusal> {
    /// The numbers of accounts for people, whose homes are made: `UID_MIN` and `UID_MAX` of login.defs(5).
    const PEOPLE: std::ops::Range<u32> = 1000..60000;
    let user = cx.facts.states[index].user.as_deref().unwrap_or_default();
    let (name, group) = user.split_once(':').unwrap_or((user, ""));
    let image = cx
        .facts
        .stage_of(index)
        .and_then(|stage| cx.facts.image(stage));
    let mut users = image.into_iter().flat_map(|image| &image.users);
    let known = users.find(|user| {
        user.name == name || user.uid.map(|uid| uid.to_string()).as_deref() == Some(name)
    });
    let uid = name.parse().ok().or(known.and_then(|user| user.uid));
    let gid = group
        .parse()
        .ok()
        .or(known.and_then(|user| user.gid))
        .or(uid);
    let of_people = known.filter(|user| user.uid.is_some_and(|uid| PEOPLE.contains(&uid)));
    let home = home.or_else(|| Some(format!("/home/{}", of_people?.name)));
    match (uid, gid, home) {
        (Some(uid), Some(gid), Some(home)) => Ok(Account {
            home,
            owner: Some((uid, gid)),
        }),
        _ => {
            let message = "it does not run as root, and the number of its user or the home folder is not known, so that the mount could not be written to";
            Err(refuse(cx, index, "not-root", message))
        }
    }
}
