//! `ExposeProtoCasing`: `tcp` and `udp` in lower case.

use super::respell;
use crate::syntax::{Kind, Span};
use crate::transform::{Cx, Plan};

/// The first protocol of the instruction that is in capitals.
pub(super) fn plan(cx: &Cx<'_>, index: usize) -> Option<Plan> {
    let Kind::Expose { ports } = &cx.facts.views[index].kind else {
        return None;
    };
    ports.iter().find_map(|port| {
        let (number, protocol) = port.raw.rsplit_once('/')?;
        let is_plain = protocol.chars().all(|c| c.is_ascii_alphabetic());
        let wanted = protocol.to_lowercase();
        let start = port.span.start + number.len() + 1;
        let word = Span::new(start, start + protocol.len());
        (is_plain && wanted != protocol)
            .then(|| respell(cx, index, word, &wanted, "ExposeProtoCasing"))
    })
}
