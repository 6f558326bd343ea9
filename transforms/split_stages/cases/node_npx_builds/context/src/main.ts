import { NestFactory } from "@nestjs/core";
import { PrismaClient } from "@prisma/client";
