<?php

namespace Acme\Greeting;

final class Greeting
{
    public static function to(string $name): string
    {
        return "hello $name";
    }
}
