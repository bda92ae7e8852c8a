export {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  parseAllDocuments,
  stringify,
  type Node,
  type YAMLParseError,
} from 'yaml'
