package dev.coracle.api.rest;

import dev.coracle.api.selector.FieldSelector;
import dev.coracle.api.selector.LabelSelector;

/**
 * How to list (API concepts, "Retrieving large results sets in chunks" and "Semantics for get and
 * list").
 *
 * @param resourceVersion empty: the most recent; {@code 0}: any
 * @param resourceVersionMatch empty, {@code Exact} or {@code NotOlderThan}
 * @param limit zero for no limit
 * @param continueToken empty, or that of the page before
 */
public record ListOptions(
    LabelSelector labels,
    FieldSelector fields,
    String resourceVersion,
    String resourceVersionMatch,
    long limit,
    String continueToken) {

  public static final ListOptions ALL =
      new ListOptions(LabelSelector.EVERYTHING, FieldSelector.EVERYTHING, "", "", 0, "");

  /**
   * As the server that is asked knows it, which asks nobody: all that it has acknowledged or told
   * of, though another server may know more.
   */
  public static final ListOptions KNOWN =
      new ListOptions(LabelSelector.EVERYTHING, FieldSelector.EVERYTHING, "0", "", 0, "");

  public ListOptions withLabels(LabelSelector selector) {
    return new ListOptions(
        selector, fields, resourceVersion, resourceVersionMatch, limit, continueToken);
  }

  public ListOptions withFields(FieldSelector selector) {
    return new ListOptions(
        labels, selector, resourceVersion, resourceVersionMatch, limit, continueToken);
  }

  public ListOptions withLimit(long newLimit, String newContinueToken) {
    return new ListOptions(
        labels, fields, resourceVersion, resourceVersionMatch, newLimit, newContinueToken);
  }
}
