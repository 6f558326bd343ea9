<?php

namespace Acme\Shop;

function name(): string
{
    return "composer";
}
