//! `COPY --chown` in place of `chown -R`.
//!
//! ```dockerfile
//! COPY . .                         RUN chown node:node /app
//! RUN chown -R node:node /app      COPY --chown=node:node . .
//! ```
//!
//! | module | idea |
//! |---|---|
//! | `request` | a command that gives folders away with all that is in them |
//! | `survey` | what has put something there: copies, which can give it away themselves, and folders |
//! | `accounts` | what has to come before these copies, so that they know the account |
//! | `writer` | the edits |

mod accounts;
mod request;
mod survey;
mod writer;

use crate::analysis::stages::Os;
use crate::transform::{Change, Cx, Gain, Info, Plan, Refusal, Rewrite, Runs, Transform};

use request::Request;
use survey::Survey;

use super::style;

/// Copies files with their owner, so that no other layer holds them once more.
pub struct ChownCopies;

static INFO: Info = Info {
    id: "chown-copies",
    title: "copies files with their owner, in place of another layer that changes it",
    doc: include_str!("README.md"),
    gain: Gain::Size,
    runs: Runs::ByDefault,
};

impl Transform for ChownCopies {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn plan(&self, cx: &Cx<'_>) -> Vec<Plan> {
        let stages = cx.facts.stages.iter().filter(|stage| stage.os == Os::Linux);
        let requests = stages.flat_map(|stage| {
            let body = stage.body.clone();
            body.flat_map(move |index| request::all(cx, stage, index))
        });
        requests
            .filter_map(|request| rewrite(cx, &request).transpose())
            .collect()
    }
}

/// `None` where no copy has put anything there.
fn rewrite(cx: &Cx<'_>, request: &Request<'_>) -> Result<Option<Rewrite>, Refusal> {
    let Some(survey) = Survey::of(cx, request)? else {
        return Ok(None);
    };
    let settled = accounts::settle(cx, request, survey)?;
    let site = cx.file.instructions()[request.index].span;
    let message = format!(
        "--chown for {}: `chown -R` puts all of it into another layer once more",
        style::titles(cx, &settled.survey.copies)
    );
    let mut rewrite = Rewrite::new(site, message);
    rewrite.edits = writer::edits(cx, request, &settled);
    for &at in &settled.survey.copies {
        let span = cx.file.instructions()[at].span;
        rewrite.evidence(span, "puts files there");
    }
    for &at in &settled.kept {
        let title = style::title(cx, at);
        rewrite.assume(format!(
            "the program only reads what {title} brings, which stays root's"
        ));
    }
    rewrite.declares.push(Change::Owner);
    if settled.survey.filled.is_none() {
        let commands = writer::commands(cx, request, &settled);
        rewrite
            .declares
            .push(Change::Commands(commands.join(" && ")));
    }
    rewrite.declares.push(Change::GivenByCopies {
        command: request.written(cx).to_owned(),
        owner: request.owner.clone(),
        but: settled.survey.destinations(cx, &settled.kept),
    });
    Ok(Some(rewrite))
}
