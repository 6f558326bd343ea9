use std::io::Cursor;

use serde_json::{json, Value};
use tiny_http::{Header, Method, Response};

use crate::stations::Stations;

const INDEX: &str = include_str!("../assets/index.html");

type Answer = Response<Cursor<Vec<u8>>>;

pub fn answer(stations: &Stations, method: &Method, url: &str) -> Answer {
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    if *method != Method::Get {
        return with(405, "application/json", json!({ "error": "only GET" }).to_string());
    }
    match path {
        "/" => with(200, "text/html; charset=utf-8", INDEX.into()),
        "/health" => json_answer(200, json!({ "status": "ok", "stations": stations.len() })),
        "/api/stations" => json_answer(200, stations.all()),
        "/api/nearest" => nearest(stations, query),
        _ => match path.strip_prefix("/api/stations/").and_then(|code| stations.find(code)) {
            Some(station) => json_answer(200, station.to_json()),
            None => json_answer(404, json!({ "error": "not found" })),
        },
    }
}

fn nearest(stations: &Stations, query: &str) -> Answer {
    let number = |name: &str| {
        query
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .find(|(key, _)| *key == name)
            .and_then(|(_, value)| value.parse::<f64>().ok())
    };
    let (Some(latitude), Some(longitude)) = (number("lat"), number("lon")) else {
        return json_answer(400, json!({ "error": "lat and lon are needed" }));
    };
    match stations.nearest(latitude, longitude) {
        Some((station, km)) => {
            let mut body = station.to_json();
            body["km"] = json!((km * 10.0).round() / 10.0);
            json_answer(200, body)
        }
        None => json_answer(404, json!({ "error": "there are no stations" })),
    }
}

fn json_answer(status: u16, body: Value) -> Answer {
    with(status, "application/json", body.to_string())
}

fn with(status: u16, content_type: &str, body: String) -> Answer {
    let header = Header::from_bytes("Content-Type", content_type).expect("a valid header");
    Response::from_string(body).with_status_code(status).with_header(header)
}
