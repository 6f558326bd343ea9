use std::fs;
use std::path::Path;

use serde_json::{json, Value};

pub struct Station {
    pub code: String,
    pub name: String,
    pub latitude: f64,
    pub longitude: f64,
}

pub struct Stations(Vec<Station>);

impl Stations {
    pub fn load(path: &Path) -> Result<Self, Box<dyn std::error::Error>> {
        Self::parse(&fs::read_to_string(path)?)
    }

    pub fn parse(text: &str) -> Result<Self, Box<dyn std::error::Error>> {
        let list: Vec<Value> = serde_json::from_str(text)?;
        let stations = list.iter().map(Station::parse).collect::<Option<_>>();
        Ok(Self(stations.ok_or("a station needs code, name, lat and lon")?))
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn all(&self) -> Value {
        self.0.iter().map(Station::to_json).collect()
    }

    pub fn find(&self, code: &str) -> Option<&Station> {
        self.0.iter().find(|station| station.code.eq_ignore_ascii_case(code))
    }

    /// The station next to a place, by great-circle distance.
    pub fn nearest(&self, latitude: f64, longitude: f64) -> Option<(&Station, f64)> {
        self.0
            .iter()
            .map(|station| (station, station.distance(latitude, longitude)))
            .min_by(|a, b| a.1.total_cmp(&b.1))
    }
}

impl Station {
    fn parse(value: &Value) -> Option<Self> {
        Some(Self {
            code: value.get("code")?.as_str()?.into(),
            name: value.get("name")?.as_str()?.into(),
            latitude: value.get("lat")?.as_f64()?,
            longitude: value.get("lon")?.as_f64()?,
        })
    }

    pub fn to_json(&self) -> Value {
        json!({ "code": self.code, "name": self.name, "lat": self.latitude, "lon": self.longitude })
    }

    /// Kilometres.
    fn distance(&self, latitude: f64, longitude: f64) -> f64 {
        let (a, b) = (self.latitude.to_radians(), latitude.to_radians());
        let half = |x: f64| (x / 2.0).sin().powi(2);
        let h = half(b - a) + a.cos() * b.cos() * half((longitude - self.longitude).to_radians());
        12742.0 * h.sqrt().asin()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearest_is_the_closest() {
        let text = r#"[{"code":"A","name":"Near","lat":50,"lon":8},{"code":"B","name":"Far","lat":40,"lon":8}]"#;
        let stations = Stations::parse(text).unwrap();
        assert_eq!(stations.nearest(49.0, 8.0).unwrap().0.name, "Near");
        assert!(stations.find("b").is_some());
    }
}
