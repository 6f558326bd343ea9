run ->(_env) { [200, { "Content-Type" => "text/plain" }, ["hello from rack #{Rack.release.to_i}"]] }
