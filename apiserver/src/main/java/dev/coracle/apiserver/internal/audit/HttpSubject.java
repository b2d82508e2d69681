package dev.coracle.apiserver.internal.audit;

import dev.coracle.apiserver.UserInfo;
import dev.coracle.apiserver.internal.http.Exchange;
import dev.coracle.apiserver.internal.http.RequestInfo;
import java.net.InetAddress;
import java.util.LinkedHashSet;
import java.util.Objects;
import java.util.Set;

/** A request over HTTP. */
record HttpSubject(Exchange exchange) implements AuditSubject {

  private static final int LONGEST_AGENT = 1024;

  @Override
  public RequestInfo info() {
    return exchange.info();
  }

  @Override
  public UserInfo user() {
    return exchange.user();
  }

  @Override
  public String auditId() {
    return Objects.requireNonNullElse(exchange.response().headers().get("Audit-Id"), "");
  }

  @Override
  public String uri() {
    return exchange.request().uri();
  }

  @Override
  public String userAgent() {
    String agent = exchange.header("User-Agent");
    return agent.length() > LONGEST_AGENT
        ? agent.substring(0, LONGEST_AGENT) + "...TRUNCATED"
        : agent;
  }

  /** As proxies in between tell, where it is an address, and the peer itself last. */
  @Override
  public Set<String> sources() {
    Set<String> out = new LinkedHashSet<>();
    for (String address : exchange.header("X-Forwarded-For").split(",")) {
      out.add(address.trim());
    }
    out.add(exchange.header("X-Real-Ip").trim());
    out.removeIf(address -> !isAddress(address));
    if (exchange.request().remoteAddress() != null) {
      String peer = exchange.request().remoteAddress().hostAddress();
      if (peer != null) {
        out.add(peer);
      }
    }
    return out;
  }

  private static boolean isAddress(String text) {
    try {
      InetAddress.ofLiteral(text);
      return true;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  @Override
  public int code() {
    return exchange.upgraded() ? 101 : exchange.response().getStatusCode();
  }
}
