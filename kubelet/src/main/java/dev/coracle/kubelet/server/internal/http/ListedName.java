package dev.coracle.kubelet.server.internal.http;

import java.nio.charset.StandardCharsets;

/** A file's name in a page that lists it: anybody who logs may choose one. */
final class ListedName {
  private static final String PLAIN = "-._~/!$&'()*+,=@";

  private ListedName() {}

  /** As a reference relative to the page; a colon would begin a scheme. */
  static String link(String name) {
    StringBuilder out = new StringBuilder();
    for (byte b : name.getBytes(StandardCharsets.UTF_8)) {
      char c = (char) (b & 0xff);
      if (c < 128 && (Character.isLetterOrDigit(c) || PLAIN.indexOf(c) >= 0)) {
        out.append(c == '&' ? "&amp;" : c == '\'' ? "&#39;" : c);
      } else {
        out.append('%').append(String.format("%02X", b & 0xff));
      }
    }
    return out.toString();
  }

  static String text(String name) {
    return name.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&#34;")
        .replace("'", "&#39;");
  }
}
