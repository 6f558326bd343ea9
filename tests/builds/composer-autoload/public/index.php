<?php

require __DIR__ . "/../vendor/autoload.php";

echo Acme\Shop\Page::text();
