package dev.coracle.api;

import java.util.Collection;
import java.util.List;

/** Several errors as one text, as Kubernetes' errors are put together. */
public final class Aggregate {

  private Aggregate() {}

  /** One as it is, several as {@code [a, b]}; each is told once, and what is empty not at all. */
  public static String of(Collection<String> errors) {
    List<String> told = errors.stream().filter(text -> !text.isEmpty()).distinct().toList();
    return told.size() == 1 ? told.getFirst() : told.isEmpty() ? "" : told.toString();
  }
}
