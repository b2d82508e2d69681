package dev.coracle.apiserver.internal.http;

import dev.coracle.apiserver.UserInfo;
import dev.coracle.apiserver.internal.audit.AuditRecord;
import dev.coracle.apiserver.internal.registry.RequestTime;
import dev.coracle.apiserver.internal.registry.Warnings;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import io.vertx.ext.web.RoutingContext;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** One request on its way through the filters. Belongs to the request's event loop. */
public final class Exchange {

  private final RoutingContext context;
  private final RequestInfo info;
  private final QueryString query;
  private final long startNanos = System.nanoTime();
  private final Warnings warnings = new Warnings(this::note);
  private UserInfo user = UserInfo.ANONYMOUS;
  private boolean upgraded;
  private @Nullable Supplier<Future<?>> beforeEnd;
  private Runnable initialEventsTold = () -> {};
  private Consumer<Runnable> watching = _ -> {};
  private @Nullable AuditRecord audit;
  private Map<String, String> notes = Map.of();
  private RequestTime time = RequestTime.unlimited();
  private boolean served;
  private final List<Runnable> atUpgrade = new ArrayList<>();
  private final List<Runnable> atEnd = new ArrayList<>();
  private io.opentelemetry.context.Context trace = io.opentelemetry.context.Context.root();

  Exchange(RoutingContext context, RequestInfo info, QueryString query) {
    this.context = context;
    this.info = info;
    this.query = query;
  }

  public RoutingContext context() {
    return context;
  }

  public HttpServerRequest request() {
    return context.request();
  }

  public HttpServerResponse response() {
    return context.response();
  }

  public RequestInfo info() {
    return info;
  }

  public UserInfo user() {
    return user;
  }

  public void user(UserInfo who) {
    this.user = who;
  }

  /** The audit's record of this request; null when none is kept. */
  public @Nullable AuditRecord audit() {
    return audit;
  }

  public void audit(AuditRecord record) {
    this.audit = record;
    notes.forEach(record::annotate);
  }

  /** What the audit is to say, once it begins. */
  public void toNote(Map<String, String> annotations) {
    notes = annotations;
  }

  public RequestTime time() {
    return time;
  }

  public void time(RequestTime until) {
    this.time = until;
  }

  /** Whether what it is about is served here; known once it is handled. */
  public boolean served() {
    return served;
  }

  public void setServed() {
    this.served = true;
  }

  /** The span of this request, or the trace its client named; the root where there is neither. */
  public io.opentelemetry.context.Context trace() {
    return trace;
  }

  public void trace(io.opentelemetry.context.Context span) {
    this.trace = span;
  }

  private void note(String key, String value, boolean detail) {
    AuditRecord record = audit;
    if (record != null && detail) {
      record.detail(key, value);
    } else if (record != null) {
      record.annotate(key, value);
    }
  }

  public Warnings warnings() {
    return warnings;
  }

  public long startNanos() {
    return startNanos;
  }

  /** The connection is handed over: there is no HTTP response any more. */
  public void upgrade() {
    upgraded = true;
    atUpgrade.forEach(Runnable::run);
    atUpgrade.clear();
  }

  /** Called when the connection is handed over, if it is: no request is under way from then on. */
  public void whenUpgraded(Runnable action) {
    atUpgrade.add(action);
  }

  /** Called once when the response has ended, or the connection that was handed over. */
  public void whenEnded(Runnable action) {
    if (atEnd.isEmpty()) {
      context.addEndHandler(_ -> ended());
    }
    atEnd.add(action);
  }

  /** To be called on the connection's event loop. */
  public void ended() {
    List<Runnable> all = List.copyOf(atEnd);
    atEnd.clear();
    all.forEach(Runnable::run);
  }

  /** What the end of a response that is not written in parts waits for. */
  public void beforeEnd(Supplier<Future<?>> action) {
    beforeEnd = action;
  }

  /**
   * Ends the response, whose code and headers are set, when what its end waits for is done; unless
   * it has ended by then.
   */
  void end(Runnable write) {
    Supplier<Future<?>> first = beforeEnd;
    if (first == null) {
      write.run();
      return;
    }
    beforeEnd = null;
    Future<?> done = first.get();
    if (done.isComplete()) {
      write.run();
      return;
    }
    Context loop = context.vertx().getOrCreateContext();
    done.onComplete(_ ->
        loop.runOnContext(_ -> {
          if (!response().ended() && !response().closed()) {
            write.run();
          }
        }));
  }

  public boolean upgraded() {
    return upgraded;
  }

  /** Called once when the initial events of a watch were written. */
  public void whenInitialEventsAreTold(Runnable told) {
    initialEventsTold = told;
  }

  void initialEventsTold() {
    initialEventsTold.run();
  }

  /**
   * Who is given what ends a watch before its time, on whatever thread; to be set before it begins.
   */
  public void whenWatching(Consumer<Runnable> told) {
    watching = told;
  }

  void watching(Runnable end) {
    watching.accept(end);
  }

  /** The client's next requests shall come by another connection; what is under way goes on. */
  public void askToReconnect() {
    if (request().version() == HttpVersion.HTTP_2) {
      request().connection().goAway(0, Integer.MAX_VALUE);
    } else {
      response().putHeader("Connection", "close");
    }
  }

  /** A query parameter, empty where it is not given. */
  public String query(String name) {
    return query.first(name);
  }

  /** All values of a query parameter. */
  public java.util.List<String> queries(String name) {
    return query.all(name);
  }

  /** Whether a query parameter is given, with whatever value. */
  public boolean asks(String name) {
    return query.has(name);
  }

  public boolean flag(String name) {
    return query.flag(name);
  }

  /** A header, empty where it is not given. */
  public String header(String name) {
    String value = request().getHeader(name);
    return value == null ? "" : value;
  }

  /** The default field manager: the user agent up to its first slash. */
  public String userAgentManager() {
    String agent = header("User-Agent");
    int slash = agent.indexOf('/');
    String name = slash < 0 ? agent : agent.substring(0, slash);
    return name.isEmpty() ? "unknown" : name.substring(0, Math.min(128, name.length()));
  }
}
