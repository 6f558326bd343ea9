//! Manifests of Kubernetes: the containers of pods.

use std::path::Path;

use serde_json::Value;

use super::setting::Location;
use super::yaml::text;
use super::{Container, Mount, Use, yaml};

/// Volumes that keep what is written, and belong to root where no group is set for them.
const DISKS: [&str; 4] = ["persistentVolumeClaim", "hostPath", "nfs", "csi"];

/// The containers that the manifest at `path` starts, by their images.
pub(super) fn containers(path: &Path, text: &str) -> Vec<(String, Use)> {
    let documents = yaml::read_all(text);
    let mut found = Vec::new();
    for document in &documents {
        let mut values = vec![(document, Vec::new())];
        while let Some((value, mut claimed)) = values.pop() {
            claimed.extend(claims(value));
            if let Some(list) = value["containers"].as_array() {
                let own = list
                    .iter()
                    .filter_map(|one| container(value, one, &claimed));
                found.extend(own.map(|(image, used)| {
                    let file = path.to_owned();
                    (image, Use { file, ..used })
                }));
            }
            let inner: Vec<&Value> = match value {
                Value::Object(object) => object.values().collect(),
                Value::Array(items) => items.iter().collect(),
                _ => Vec::new(),
            };
            values.extend(inner.into_iter().map(|value| (value, claimed.clone())));
        }
    }
    found
}

/// The names of the disks that a stateful set claims for each of its pods.
fn claims(spec: &Value) -> impl Iterator<Item = String> {
    let templates = spec["volumeClaimTemplates"]
        .as_array()
        .into_iter()
        .flatten();
    templates.filter_map(|claim| text(&claim["metadata"]["name"]))
}

/// A container of the pod `spec`, and its image.
fn container(spec: &Value, own: &Value, claimed: &[String]) -> Option<(String, Use)> {
    let rights = &own["securityContext"];
    let user = [rights, &spec["securityContext"]]
        .into_iter()
        .find_map(|context| text(&context["runAsUser"]));
    let variables = own["env"].as_array().into_iter().flatten();
    let variables =
        variables.filter_map(|pair| Some((text(&pair["name"])?, text(&pair["value"])?)));
    let container = Container {
        user,
        privileged: rights["privileged"] == true,
        host_network: spec["hostNetwork"] == true,
        host_processes: spec["hostPID"] == true,
        capabilities: rights["capabilities"]["add"].is_array(),
        mounts: mounts(spec, own, claimed),
        environment: variables.collect(),
        workdir: text(&own["workingDir"]),
        entrypoint: words(&own["command"]),
        command: words(&own["args"]),
        beside: beside(own),
        ..Container::default()
    };
    let used = Use {
        container: Some(container),
        ..Use::new(&text(&own["name"])?, Location::unknown())
    };
    Some((text(&own["image"])?, used))
}

/// What runs in a container beside its program: checks, and what is done behind its start and in front of its end.
fn beside(own: &Value) -> Vec<Vec<String>> {
    let checks = ["livenessProbe", "readinessProbe", "startupProbe"];
    let checks = checks.iter().map(|key| &own[*key]);
    let hooks = ["postStart", "preStop"].iter();
    let hooks = hooks.map(|key| &own["lifecycle"][*key]);
    let commands = checks.chain(hooks);
    commands
        .filter_map(|one| words(&one["exec"]["command"]))
        .collect()
}

/// The disks that a container is given. A group that is set for the pod may write them.
fn mounts(spec: &Value, own: &Value, claimed: &[String]) -> Vec<Mount> {
    let is_open = !spec["securityContext"]["fsGroup"].is_null();
    let volumes = spec["volumes"].as_array().into_iter().flatten();
    let is_disk = |volume: &&Value| DISKS.iter().any(|kind| !volume[*kind].is_null());
    let disks = volumes.filter(is_disk);
    let disks = disks.filter(|volume| !is_open || !volume["hostPath"].is_null());
    let mut names: Vec<String> = disks.filter_map(|volume| text(&volume["name"])).collect();
    names.extend(claimed.iter().filter(|_| !is_open).cloned());
    let mounts = own["volumeMounts"].as_array().into_iter().flatten();
    let mounts = mounts.filter_map(|mount| {
        let name = text(&mount["name"])?;
        let target = text(&mount["mountPath"]).filter(|_| names.contains(&name))?;
        Some(Mount::of_disk(&target, mount["readOnly"] == true))
    });
    mounts.collect()
}

fn words(list: &Value) -> Option<Vec<String>> {
    let words = list.as_array()?.iter();
    Some(words.filter_map(text).collect())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::containers;
    use crate::project::Container;

    const SET: &str = "
kind: Service
---
kind: StatefulSet
spec:
  volumeClaimTemplates:
    - metadata: {name: data}
  template:
    spec:
      containers:
        - name: app
          image: shop:1
          args: [serve]
          livenessProbe: {exec: {command: [curl, localhost]}}
          env: [{name: DIR, value: /srv}]
          volumeMounts:
            - {name: data, mountPath: /data}
            - {name: settings, mountPath: /etc/shop}
      volumes:
        - {name: settings, configMap: {name: shop}}
";

    fn only(text: &str) -> Container {
        let mut found = containers(Path::new("k8s/app.yaml"), text);
        assert_eq!(found.len(), 1);
        let (image, used) = found.remove(0);
        assert_eq!(image, "shop:1");
        used.container.expect("a container")
    }

    #[test]
    fn disks_of_pods_belong_to_root() {
        let app = only(SET);
        let targets: Vec<&str> = app.mounts.iter().map(|mount| &*mount.target).collect();
        assert_eq!(targets, ["/data"]);
        assert_eq!(app.command, Some(vec!["serve".to_owned()]));
        assert_eq!(app.beside, [["curl", "localhost"].map(str::to_owned)]);
        assert_eq!(app.environment, [("DIR".to_owned(), "/srv".to_owned())]);
    }

    #[test]
    fn a_group_may_write_them() {
        let group = "securityContext: {fsGroup: 10001, runAsUser: 10001}\n      volumes:";
        let app = only(&SET.replace(
            "volumes:\n        - {name: settings",
            &format!("{group}\n        - {{name: settings"),
        ));
        assert_eq!(app.mounts, []);
        assert_eq!(app.user.as_deref(), Some("10001"));
    }
}
