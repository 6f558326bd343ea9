defmodule X.MixProject do
  def project, do: [apps_path: "apps"]
end
