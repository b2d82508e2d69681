package dev.coracle.apiserver.openapi;

/** The two dialects and where each keeps its schemas. */
enum OpenApiVersion {
  V2("#/definitions/"),
  V3("#/components/schemas/");

  private final String prefix;

  OpenApiVersion(String prefix) {
    this.prefix = prefix;
  }

  String ref(String definition) {
    return prefix + definition;
  }
}
