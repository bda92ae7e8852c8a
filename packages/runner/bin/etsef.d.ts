// Importing it runs the command line; there is nothing to take from it.
export {}
