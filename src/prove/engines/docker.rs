//! Docker, with buildx.

use std::ffi::OsString;

use super::driver::{Driver, arguments, common};
use super::{Log, Order, log};

/// Docker: <https://docs.docker.com/reference/cli/docker/buildx/build/>.
pub(super) struct Docker;

impl Driver for Docker {
    fn name(&self) -> &'static str {
        "docker"
    }

    fn version(&self) -> &'static [&'static [&'static str]] {
        &[
            &["version", "--format={{.Server.Version}}"],
            &["buildx", "version"],
        ]
    }

    fn build(&self, order: &Order<'_>, tag: &str) -> Vec<OsString> {
        // Builders of other drivers than docker's keep what they build unless it is asked for.
        let mut words = arguments(["buildx", "build", "--progress=plain", "--load"]);
        words.extend(
            order
                .builder
                .map(|builder| format!("--builder={builder}").into()),
        );
        words.extend(common(order, tag));
        words.push(order.context.into());
        words
    }

    fn read_line(&self, log: &mut Log, line: &str) {
        log::read_buildkit(log, line);
    }
}
