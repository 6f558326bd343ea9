//! What is built elsewhere runs in an image without the tools that build it.
//!
//! ```dockerfile
//! FROM maven:3-eclipse-temurin-17 AS build     FROM maven:3-eclipse-temurin-17 AS build
//! …                                            …
//! FROM eclipse-temurin:17-jdk                  FROM eclipse-temurin:17-jre
//! COPY --from=build /app/target/app.jar .      COPY --from=build /app/target/app.jar .
//! CMD ["java", "-jar", "app.jar"]              CMD ["java", "-jar", "app.jar"]
//! ```

use crate::transform::{Cx, Gain, Info, Plan, Runs, Transform};

use super::pick_base;

/// Puts a stage that builds nothing on the image that only runs what is built.
pub struct RuntimeBase;

static INFO: Info = Info {
    id: "runtime-base",
    title: "runs what is built elsewhere in an image without the tools that build it",
    doc: include_str!("README.md"),
    gain: Gain::Size,
    runs: Runs::ByDefault,
};

impl Transform for RuntimeBase {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn plan(&self, cx: &Cx<'_>) -> Vec<Plan> {
        pick_base::without_builders(cx).into_iter().collect()
    }
}
