package dev.coracle.api.schema;

import java.util.Comparator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The order of API versions (Kubernetes docs, "Versions in CustomResourceDefinitions": version
 * priority): GA before beta before alpha, then the greater numbers; names of any other form come
 * last, in alphabetical order.
 */
public final class KubeVersions {

  private static final Pattern FORM = Pattern.compile("v(\\d{1,9})(?:(alpha|beta)(\\d{1,9}))?");

  /** The preferred one first. */
  public static final Comparator<String> NEWEST_FIRST = KubeVersions::compare;

  private KubeVersions() {}

  private static int compare(String a, String b) {
    Matcher x = FORM.matcher(a);
    Matcher y = FORM.matcher(b);
    boolean xf = x.matches();
    boolean yf = y.matches();
    if (!xf || !yf) {
      return xf == yf ? a.compareTo(b) : xf ? -1 : 1;
    }
    int stability = Integer.compare(stability(x.group(2)), stability(y.group(2)));
    if (stability != 0) {
      return stability;
    }
    int major = Integer.compare(Integer.parseInt(y.group(1)), Integer.parseInt(x.group(1)));
    return major != 0 || x.group(3) == null || y.group(3) == null
        ? major
        : Integer.compare(Integer.parseInt(y.group(3)), Integer.parseInt(x.group(3)));
  }

  private static int stability(String stage) {
    return stage == null ? 0 : stage.equals("beta") ? 1 : 2;
  }
}
