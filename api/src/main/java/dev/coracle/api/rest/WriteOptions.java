package dev.coracle.api.rest;

/**
 * What create, update and patch share.
 *
 * @param dryRun do everything but persist
 * @param fieldManager who owns the fields written (KEP-555); empty: derived from the user agent
 * @param fieldValidation {@code Ignore}, {@code Warn} or {@code Strict} (KEP-2885); empty: Warn
 */
public record WriteOptions(boolean dryRun, String fieldManager, String fieldValidation) {

  public static final WriteOptions NONE = new WriteOptions(false, "", "");

  public static WriteOptions by(String fieldManager) {
    return new WriteOptions(false, fieldManager, "");
  }
}
