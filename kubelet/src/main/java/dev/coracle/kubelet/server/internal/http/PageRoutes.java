package dev.coracle.kubelet.server.internal.http;

import dev.coracle.api.Json;
import dev.coracle.api.StatusException;
import dev.coracle.api.Yaml;
import dev.coracle.api.zpages.FlagPage;
import dev.coracle.api.zpages.PageForm;
import dev.coracle.api.zpages.StatusPage;
import dev.coracle.api.zpages.ZPage;
import io.vertx.core.buffer.Buffer;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/** What the kubelet tells about itself: {@code /statusz} (KEP-4827), {@code /flagz} (KEP-4828). */
final class PageRoutes {

  private static final String COMPONENT = "kubelet";
  private static final List<String> PATHS =
      List.of(
          "/checkpoint",
          "/configz",
          "/flagz",
          "/healthz",
          "/logs",
          "/metrics",
          "/metrics/cadvisor",
          "/metrics/probes",
          "/metrics/resource",
          "/metrics/slis",
          "/pods",
          "/runningpods",
          "/stats/summary",
          "/statusz");

  private final Supplier<Map<String, String>> flags;
  private final StatusPage status;

  PageRoutes(Supplier<Map<String, String>> flags, InstantSource clock) {
    this.flags = flags;
    this.status = new StatusPage(COMPONENT, PATHS, clock);
  }

  void mount(Router router) {
    router.get("/statusz").handler(rc -> answer(rc, status));
    router.get("/flagz").handler(rc -> answer(rc, new FlagPage(COMPONENT, flags.get())));
  }

  private static void answer(RoutingContext rc, ZPage page) {
    PageForm wanted;
    try {
      wanted = PageForm.of(Optional.ofNullable(rc.request().getHeader("Accept")).orElse(""), page);
    } catch (StatusException e) {
      rc.response().setStatusCode(e.status().code());
      Replies.json(rc, Json.bytes(e.status().toJson()));
      return;
    }
    wanted.warning(page).ifPresent(w -> rc.response().putHeader("Warning", "299 - \"" + w + "\""));
    switch (wanted.syntax()) {
      case TEXT -> Replies.text(rc, 200, page.text());
      case JSON -> Replies.json(rc, Json.bytes(page.object(wanted)));
      case YAML ->
          rc.response()
              .putHeader("Content-Type", "application/yaml")
              .end(Buffer.buffer(Yaml.bytes(page.object(wanted))));
    }
  }
}
