//! Railway stations over HTTP: the list is read from `data/stations.json` when the server starts.

mod routes;
mod stations;

use std::env;
use std::path::PathBuf;
use std::process::ExitCode;

use stations::Stations;
use tiny_http::Server;

fn main() -> ExitCode {
    let port = env::var("PORT").unwrap_or_else(|_| "8080".into());
    let path = env::var_os("STATIONS").map_or_else(|| PathBuf::from("data/stations.json"), PathBuf::from);

    let stations = match Stations::load(&path) {
        Ok(stations) => stations,
        Err(error) => {
            eprintln!("{}: {error}", path.display());
            return ExitCode::FAILURE;
        }
    };
    let server = match Server::http(format!("0.0.0.0:{port}")) {
        Ok(server) => server,
        Err(error) => {
            eprintln!("port {port}: {error}");
            return ExitCode::FAILURE;
        }
    };
    println!("{} stations on port {port}", stations.len());

    for request in server.incoming_requests() {
        let response = routes::answer(&stations, request.method(), request.url());
        if let Err(error) = request.respond(response) {
            eprintln!("{error}");
        }
    }
    ExitCode::SUCCESS
}
