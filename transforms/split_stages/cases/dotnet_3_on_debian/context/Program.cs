var app = WebApplication.Create(args);
app.MapGet("/", () => DateTime.Now.ToString("D", new System.Globalization.CultureInfo("de-DE")));
app.Run();
