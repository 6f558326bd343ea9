//! Bake files: the targets that build a Dockerfile.

use std::collections::BTreeMap;
use std::path::Path;

use hcl::eval::{Context, Evaluate};
use hcl::expr::TemplateExpr;
use hcl::{Body, Expression, Map, Value};

use super::setting::{self, Location};
use super::{Target, Use, files, line_of};

/// The files that bake takes by itself, in the order in which they are laid over each other.
const TAKEN: [&str; 4] = [
    "docker-bake.json",
    "docker-bake.hcl",
    "docker-bake.override.json",
    "docker-bake.override.hcl",
];

/// How deep targets may inherit from each other.
const DEEPEST: usize = 8;

/// How many targets a matrix makes that are told apart.
const MOST_COMBINATIONS: usize = 64;

/// Whether a file of this name is one of bake.
fn is_bake(name: &str) -> bool {
    let is_format = [".hcl", ".json"].iter().any(|end| name.ends_with(end));
    is_format && name.contains("bake")
}

/// The targets of the bake files among the `names` in `folder`.
pub(super) fn uses(folder: &Path, names: &[String]) -> Vec<Use> {
    let has = |name: &&str| names.iter().any(|known| known == name);
    let taken: Vec<&str> = TAKEN.into_iter().filter(has).collect();
    let others = names.iter().map(String::as_str);
    let others = others.filter(|name| is_bake(name) && !TAKEN.contains(name));
    let sets = others.map(|name| vec![name]).chain([taken]);
    sets.flat_map(|names| uses_of_set(folder, &names)).collect()
}

/// The targets of files that are laid over each other.
fn uses_of_set(folder: &Path, names: &[&str]) -> Vec<Use> {
    let mut bake = Bake::default();
    for name in names {
        let text = files::read(&folder.join(name)).unwrap_or_default();
        bake.add(name, &text);
    }
    let targets: Vec<&String> = bake.targets.keys().collect();
    let uses = targets.into_iter().flat_map(|target| {
        let combinations = bake.combinations(target);
        let uses = combinations.into_iter().filter_map(|combination| {
            let scope = Scope::new(&bake, &combination);
            bake.use_of(folder, target, &scope)
        });
        uses.collect::<Vec<_>>()
    });
    uses.collect()
}

/// What stands in a target.
type Attributes = BTreeMap<String, Expression>;

/// What bake files say, as it is written.
#[derive(Default)]
struct Bake {
    variables: Vec<(String, Expression)>,
    targets: BTreeMap<String, Attributes>,
    /// The file and the line of each target.
    places: BTreeMap<String, (String, Option<usize>)>,
}

impl Bake {
    /// Lays the file `name` over what is known.
    fn add(&mut self, name: &str, text: &str) {
        let blocks = if name.ends_with(".json") {
            blocks_of_json(text)
        } else {
            blocks_of_hcl(text)
        };
        for (kind, label, attributes) in blocks {
            match kind.as_str() {
                "target" => {
                    let place = (name.to_owned(), line_of(text, &label));
                    self.places.insert(label.clone(), place);
                    self.targets.entry(label).or_default().extend(attributes);
                }
                "variable" => {
                    let default = attributes.into_iter().find(|(key, _)| key == "default");
                    let default = default.map_or(Expression::Null, |(_, value)| value);
                    self.variables.push((label, default));
                }
                _ => {}
            }
        }
    }

    fn use_of(&self, folder: &Path, target: &str, scope: &Scope<'_>) -> Option<Use> {
        let setting = |key| scope.setting(self.attribute(target, key, DEEPEST)?);
        if self
            .attribute(target, "dockerfile-inline", DEEPEST)
            .is_some()
        {
            return None;
        }
        let context = setting("context").unwrap_or_else(|| ".".to_owned());
        let context = Location::of(folder).join(&context)?;
        let dockerfile = setting("dockerfile").unwrap_or_else(|| "Dockerfile".to_owned());
        let contexts = self.attribute(target, "contexts", DEEPEST);
        let contexts = contexts.and_then(|contexts| scope.value(contexts));
        let contexts: Vec<(String, String)> = match contexts {
            Some(Value::Object(contexts)) => contexts
                .into_iter()
                .map(|(name, source)| (name, source.as_str().unwrap_or_default().to_owned()))
                .collect(),
            _ => Vec::new(),
        };
        let (file, line) = self.places.get(target)?;
        Some(Use {
            file: folder.join(file),
            line: *line,
            context: context.path().map(Path::to_owned),
            target: setting("target").and_then(|target| Target::of_setting(&target)),
            arguments: self.arguments(target, scope),
            named_contexts: contexts.iter().map(|(name, _)| name.clone()).collect(),
            context_images: contexts,
            ..Use::new(target, context.join(&dockerfile)?)
        })
    }

    fn arguments(&self, target: &str, scope: &Scope<'_>) -> Vec<(String, String)> {
        let Some(Expression::Object(args)) = self.attribute(target, "args", DEEPEST) else {
            return Vec::new();
        };
        setting::known_values(
            args.iter()
                .map(|(name, arg)| (name.to_string(), scope.setting(arg))),
        )
    }

    /// The attribute `key` of `target`, or of the last of those it inherits from that has one.
    fn attribute(&self, target: &str, key: &str, depth: usize) -> Option<&Expression> {
        let body = self.targets.get(target)?;
        let inherited = || {
            let scope = Scope::new(self, &Map::new());
            let parents = body.get("inherits").and_then(|list| scope.value(list));
            let Some(Value::Array(parents)) = parents.filter(|_| depth > 0) else {
                return None;
            };
            let mut parents = parents.iter().rev().filter_map(Value::as_str);
            parents.find_map(|parent| self.attribute(parent, key, depth - 1))
        };
        body.get(key).or_else(inherited)
    }

    /// The values of the matrix of `target`, one for each target that it makes; a single one without values when there
    /// is no matrix, or none that can be computed.
    fn combinations(&self, target: &str) -> Vec<Map<String, Value>> {
        let single = vec![Map::new()];
        let scope = Scope::new(self, &Map::new());
        let matrix = self.attribute(target, "matrix", DEEPEST);
        let Some(Value::Object(axes)) = matrix.and_then(|matrix| scope.value(matrix)) else {
            return single;
        };
        let mut combinations = single.clone();
        for (axis, values) in axes {
            let Value::Array(values) = values else {
                return single;
            };
            let extended = combinations.iter().flat_map(|known| {
                let with = |value: &Value| {
                    let mut combination = known.clone();
                    combination.insert(axis.clone(), value.clone());
                    combination
                };
                values.iter().map(with).collect::<Vec<_>>()
            });
            combinations = extended.take(MOST_COMBINATIONS + 1).collect();
        }
        if combinations.len() > MOST_COMBINATIONS {
            return single;
        }
        combinations
    }
}

/// The variables in force.
struct Scope<'a> {
    /// Those of a matrix, which nobody else sets.
    fixed: Context<'a>,
    /// These and all others, by their defaults.
    all: Context<'a>,
}

impl<'a> Scope<'a> {
    fn new(bake: &Bake, combination: &Map<String, Value>) -> Self {
        let mut fixed = Context::new();
        for (name, value) in combination {
            fixed.declare_var(name.as_str(), value.clone());
        }
        let mut all = fixed.clone();
        for (name, default) in &bake.variables {
            if let Ok(value) = default.evaluate(&all) {
                all.declare_var(name.as_str(), value);
            }
        }
        Self { fixed, all }
    }

    /// What `expression` comes to when nobody sets a variable; `None` when dfopt cannot tell.
    fn value(&self, expression: &Expression) -> Option<Value> {
        expression.evaluate(&self.all).ok()
    }

    /// `expression` as a setting; `None` when it is `null`.
    fn setting(&self, expression: &Expression) -> Option<String> {
        match expression.evaluate(&self.fixed) {
            Ok(Value::Null) => None,
            Ok(value) => Some(text(&value)),
            Err(_) => {
                let default = self.value(expression);
                Some(setting::variable(
                    &default.as_ref().map(text).unwrap_or_default(),
                ))
            }
        }
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => String::new(),
    }
}

/// The kind, the label and the attributes of each block.
type Block = (String, String, Attributes);

fn blocks_of_hcl(text: &str) -> Vec<Block> {
    let Ok(body) = hcl::parse(text) else {
        return Vec::new();
    };
    body.into_blocks()
        .filter_map(|block| {
            let label = block.labels().first()?.as_str().to_owned();
            Some((
                block.identifier().to_owned(),
                label,
                attributes(block.body()),
            ))
        })
        .collect()
}

fn attributes(body: &Body) -> Attributes {
    let attributes = body.attributes();
    attributes
        .map(|attribute| (attribute.key().to_owned(), attribute.expr().clone()))
        .collect()
}

/// The same in JSON, where a text may be a template.
fn blocks_of_json(text: &str) -> Vec<Block> {
    let file: serde_json::Value = serde_json::from_str(text).unwrap_or_default();
    let kinds = file.as_object().into_iter().flatten();
    let blocks = kinds.flat_map(|(kind, labels)| {
        let labels = labels.as_object().into_iter().flatten();
        labels.map(move |(label, body)| {
            let pairs = body.as_object().into_iter().flatten();
            let attributes = pairs.map(|(key, value)| (key.clone(), expression(value)));
            (kind.clone(), label.clone(), attributes.collect())
        })
    });
    blocks.collect()
}

fn expression(value: &serde_json::Value) -> Expression {
    match value {
        serde_json::Value::Null => Expression::Null,
        serde_json::Value::Bool(truth) => Expression::Bool(*truth),
        serde_json::Value::Number(number) => Expression::String(number.to_string()),
        serde_json::Value::String(text) if text.contains("${") => {
            Expression::TemplateExpr(Box::new(TemplateExpr::from(text.as_str())))
        }
        serde_json::Value::String(text) => Expression::String(text.clone()),
        serde_json::Value::Array(items) => {
            Expression::Array(items.iter().map(expression).collect())
        }
        serde_json::Value::Object(object) => {
            let pairs = object.iter();
            let pairs =
                pairs.map(|(key, value)| (hcl::ObjectKey::from(key.as_str()), expression(value)));
            Expression::Object(pairs.collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(String, Option<Target>, Location)> {
        let mut bake = Bake::default();
        bake.add("docker-bake.hcl", text);
        let names: Vec<String> = bake.targets.keys().cloned().collect();
        let mut found = Vec::new();
        for name in names {
            for combination in bake.combinations(&name) {
                let scope = Scope::new(&bake, &combination);
                let used = bake.use_of(Path::new("/p"), &name, &scope);
                found.extend(used.map(|used| (used.name, used.target, used.dockerfile)));
            }
        }
        found
    }

    fn stage(name: &str, is_open: bool) -> Option<Target> {
        Some(Target {
            stage: Some(name.to_owned()),
            is_open,
        })
    }

    #[test]
    fn targets_inherit_and_find_the_dockerfile_in_their_context() {
        let text = "target \"base\" {\n  context = \"src\"\n}\n\
                    target \"app\" {\n  inherits = [\"base\"]\n  target = \"prod\"\n}\n";
        let found = found(text);
        let (name, target, dockerfile) = &found[0];
        assert_eq!(
            (name.as_str(), target.clone()),
            ("app", stage("prod", false))
        );
        assert_eq!(dockerfile.path(), Some(Path::new("/p/src/Dockerfile")));
    }

    #[test]
    fn what_variables_decide_is_open() {
        let text = "variable \"STAGE\" { default = \"dev\" }\n\
                    function \"name\" {\n  params = []\n  result = \"x\"\n}\n\
                    target \"a\" { target = STAGE }\n\
                    target \"b\" { target = STAGE == \"dev\" ? \"one\" : \"two\" }\n\
                    target \"c\" { target = name() }\n\
                    target \"d\" { target = null }\n";
        let found = found(text);
        let targets: Vec<_> = found.into_iter().map(|(_, target, _)| target).collect();
        let unknown = Some(Target {
            stage: None,
            is_open: true,
        });
        assert_eq!(
            targets,
            [stage("dev", true), stage("one", true), unknown, None]
        );
    }

    #[test]
    fn a_matrix_makes_several_targets() {
        let text = "target \"app\" {\n  name = \"app-${t.stage}\"\n  matrix = {\n    \
                    t = [{ stage = \"web\", file = \"a\" }, { stage = \"job\", file = \"b\" }]\n  }\n  \
                    target = t.stage\n  dockerfile = \"${t.file}.Dockerfile\"\n}\n";
        let found = found(text);
        let targets: Vec<_> = found.iter().map(|(_, target, _)| target.clone()).collect();
        assert_eq!(targets, [stage("web", false), stage("job", false)]);
        assert_eq!(found[1].2.path(), Some(Path::new("/p/b.Dockerfile")));
    }

    #[test]
    fn json_holds_templates() {
        let text = r#"{"variable": {"S": {"default": "prod"}}, "target": {"app": {"target": "${S}", "context": "x"}}}"#;
        let mut bake = Bake::default();
        bake.add("docker-bake.json", text);
        let scope = Scope::new(&bake, &Map::new());
        let used = bake.use_of(Path::new("/p"), "app", &scope).expect("a use");
        assert_eq!(used.target, stage("prod", true));
        assert_eq!(used.context.as_deref(), Some(Path::new("/p/x")));
    }
}
