package dev.coracle.apiserver.internal.registry;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * What a client is told beside its answer, in {@code Warning} headers (RFC 9111, code 299).
 * Bounded.
 */
public final class Warnings {

  /** How many characters all have, before each is cut; and what is left of one then. */
  private static final int MOST = 4 << 10;

  private static final int CUT = 256;

  private final Set<String> texts = new LinkedHashSet<>();
  private int length;
  private boolean cutting;
  private final AuditNotes notes;

  public Warnings() {
    this(AuditNotes.NONE);
  }

  /**
   * @param notes where what is not for the client goes
   */
  public Warnings(AuditNotes notes) {
    this.notes = notes;
  }

  /** What is for the audit log. */
  public AuditNotes notes() {
    return notes;
  }

  public synchronized void add(String text) {
    // What is empty, or no line of text, is not told.
    if (text.isEmpty()
        || text.chars().anyMatch(Character::isISOControl)
        || cutting && length >= MOST
        || !texts.add(text)) {
      return;
    }
    length += cutting ? Math.min(length(text), CUT) : length(text);
    if (length > MOST && !cutting) {
      cutting = true;
      length = texts.stream().mapToInt(t -> Math.min(length(t), CUT)).sum();
    }
  }

  private static int length(String text) {
    return text.codePointCount(0, text.length());
  }

  private String shown(String text) {
    return cutting && length(text) > CUT
        ? text.substring(0, text.offsetByCodePoints(0, CUT))
        : text;
  }

  public synchronized List<String> texts() {
    return texts.stream().map(this::shown).toList();
  }
}
