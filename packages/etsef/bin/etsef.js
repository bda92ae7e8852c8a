#!/usr/bin/env node
import '@etsef/runner/cli'
