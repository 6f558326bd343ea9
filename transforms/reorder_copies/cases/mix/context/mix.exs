defmodule X.MixProject do
  defp deps, do: [{:plug, "~> 1.16"}]
end
