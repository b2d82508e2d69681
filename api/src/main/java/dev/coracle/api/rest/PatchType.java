package dev.coracle.api.rest;

/** The four ways to patch, by their media types. */
public enum PatchType {
  /** RFC 6902. */
  JSON("application/json-patch+json"),
  /** RFC 7386. */
  MERGE("application/merge-patch+json"),
  STRATEGIC_MERGE("application/strategic-merge-patch+json"),
  /** Server-side apply (KEP-555). */
  APPLY("application/apply-patch+yaml");

  private final String mediaType;

  PatchType(String mediaType) {
    this.mediaType = mediaType;
  }

  public String mediaType() {
    return mediaType;
  }
}
