//! `--report`: the review in words and as a page.

use crate::sandbox::Sandbox;

/// A Dockerfile with a rewrite of each worth, and something that is left for a person.
const NAIVE: &str = "FROM node:20\nWORKDIR /app\nCOPY . .\nRUN apt-get update\nRUN apt-get install -y curl\nRUN npm ci\nCMD [\"node\", \"server.js\"]\n";

fn sandbox() -> Sandbox {
    Sandbox::new(&[
        ("Dockerfile", NAIVE),
        (
            "package.json",
            "{\"name\": \"shop <1>\", \"dependencies\": {}}\n",
        ),
        (
            "package-lock.json",
            "{\"lockfileVersion\": 3, \"packages\": {}}\n",
        ),
        ("server.js", "require('http').createServer().listen(8080)\n"),
    ])
}

/// The lines of `text` that start with `start` behind their indentation, by number.
fn lines_of(text: &str, start: &str) -> Vec<usize> {
    let lines = text.lines().enumerate();
    let found = lines.filter(|(_, line)| line.trim_start().starts_with(start));
    found.map(|(number, _)| number).collect()
}

#[test]
fn what_matters_most_comes_first() {
    let done = sandbox().dfopt(&["--report"]).exits(0);
    let gains = ["security", "size", "build time"].map(|gain| lines_of(&done.out, gain));
    assert!(gains.iter().all(|lines| !lines.is_empty()), "{}", done.out);
    assert!(
        gains.windows(2).all(|pair| pair[0][0] < pair[1][0]),
        "{}",
        done.out
    );
    let left = lines_of(&done.out, "Left for you");
    assert_eq!(left.len(), 1, "{}", done.out);
    assert!(done.out.contains("--safety unsafe"), "{}", done.out);
}

#[test]
fn the_steps_that_run_again_are_marked() {
    let done = sandbox()
        .dfopt(&["--report", "--only", "reorder-copies"])
        .exits(0);
    let expected = "\
  Steps that run again after a change of server.js
    before: 4 of 5
      FROM node:20
        cached    WORKDIR /app
        again     COPY . .
        again     RUN apt-get update
        again     RUN apt-get install -y curl
        again     RUN npm ci
    after: 1 of 6
      FROM node:20
        cached    WORKDIR /app
        cached    RUN apt-get update
        cached    RUN apt-get install -y curl
        cached    COPY package.json package-lock.json ./
        cached    RUN npm ci
        again     COPY . .
";
    assert!(done.out.contains(expected), "{}", done.out);
}

#[test]
fn the_page_needs_nothing_else_and_trusts_no_text() {
    let sandbox = sandbox();
    sandbox.put(
        "Dockerfile",
        format!("{NAIVE}LABEL note=\"<script>alert(1)</script>\"\n"),
    );
    let page = sandbox.dfopt(&["--format", "html"]).exits(0).out;
    assert!(page.starts_with("<!DOCTYPE html>") && page.ends_with("</html>\n"));
    for foreign in ["<script", "src=", "href=", "url(", "http:", "https:"] {
        assert!(!page.contains(foreign), "{foreign}");
    }
    assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
    assert!(page.contains("<td class=\"gone\">RUN apt-get update</td>"));
    for tag in [
        "section", "table", "div", "ol", "ul", "li", "details", "tr", "td",
    ] {
        let opened =
            page.matches(&format!("<{tag}>")).count() + page.matches(&format!("<{tag} ")).count();
        assert_eq!(opened, page.matches(&format!("</{tag}>")).count(), "{tag}");
    }
}

#[test]
fn a_file_without_a_change_is_reviewed_as_well() {
    let sandbox = Sandbox::new(&[
        (
            "Dockerfile",
            "FROM scratch\nCOPY app /app\nUSER 10001\nCMD [\"/app\"]\n",
        ),
        ("app", ""),
    ]);
    let done = sandbox.dfopt(&["--report"]).exits(0);
    assert!(
        done.out.contains("nothing that dfopt would change"),
        "{}",
        done.out
    );
    assert!(done.out.contains("1 of 1\n"), "{}", done.out);
}

#[test]
fn a_review_is_for_people() {
    let sandbox = sandbox();
    sandbox
        .dfopt(&["--report", "--format", "json"])
        .exits(2)
        .warns("--format text or html");
    sandbox.dfopt(&["--report", "--diff"]).exits(2);
}
