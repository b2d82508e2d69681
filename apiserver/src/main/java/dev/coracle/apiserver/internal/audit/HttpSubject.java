package dev.coracle.apiserver.internal.audit;

import dev.coracle.apiserver.UserInfo;
import dev.coracle.apiserver.internal.http.Exchange;
import dev.coracle.apiserver.internal.http.RequestInfo;
import java.util.LinkedHashSet;
import java.util.Objects;
import java.util.Set;

/** A request over HTTP. */
record HttpSubject(Exchange exchange) implements AuditSubject {

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
    return exchange.header("User-Agent");
  }

  /** As proxies in between tell, and the peer itself last. */
  @Override
  public Set<String> sources() {
    Set<String> out = new LinkedHashSet<>();
    for (String address : exchange.header("X-Forwarded-For").split(",")) {
      out.add(address.trim());
    }
    out.add(exchange.header("X-Real-Ip").trim());
    out.removeIf(String::isEmpty);
    if (exchange.request().remoteAddress() != null) {
      String peer = exchange.request().remoteAddress().hostAddress();
      if (peer != null) {
        out.add(peer);
      }
    }
    return out;
  }

  @Override
  public int code() {
    return exchange.upgraded() ? 101 : exchange.response().getStatusCode();
  }
}
