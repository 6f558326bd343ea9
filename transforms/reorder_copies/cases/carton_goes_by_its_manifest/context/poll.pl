use Mojolicious::Lite;
get "/" => { text => "poll" };
app->start;
