<?php

namespace Acme\Shop;

use Acme\Greeting\Greeting;

final class Page
{
    public static function text(): string
    {
        return Greeting::to(name());
    }
}
