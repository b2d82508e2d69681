package dev.coracle.apiserver.internal.stream;

import dev.coracle.api.net.UrlHost;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Leads the links of a page that is shown through the API server through it too: a path from the
 * root, and a URL of the same host, get the path in front under which the page is shown. All other
 * URLs stay as they are.
 *
 * @param prefix {@code /api/v1/namespaces/NS/pods/NAME/proxy}
 * @param host whom the request was handed on to, {@code host:port}
 * @param requestHost the host the client asked for, with its port if it named one
 */
record ProxiedLinks(String prefix, String host, String requestHost) {

  /** Scheme and host of a URL where it has a host, and what follows them. */
  private static final Pattern WITH_HOST =
      Pattern.compile("((?:[A-Za-z][A-Za-z0-9+.-]*:)?//([^/?#]*))(.*)", Pattern.DOTALL);

  static ProxiedLinks of(Destination to, String requestHost) {
    return new ProxiedLinks(to.proxyPrefix(), UrlHost.of(to.host()) + ":" + to.port(), requestHost);
  }

  String rewritten(String url) {
    Matcher m = WITH_HOST.matcher(url);
    boolean hasHost = m.matches() && !m.group(2).isEmpty();
    if (hasHost && !is(m.group(2), host) && !is(m.group(2), requestHost)) {
      return url;
    }
    String path = hasHost ? m.group(3) : url;
    if (!path.startsWith("/")) {
      return url;
    }
    String origin = hasHost && is(m.group(2), requestHost) ? m.group(1) : "";
    return origin + (path.startsWith(prefix) ? path : prefix + path);
  }

  private static boolean is(String host, String other) {
    return host.toLowerCase(Locale.ROOT).equals(other.toLowerCase(Locale.ROOT));
  }
}
