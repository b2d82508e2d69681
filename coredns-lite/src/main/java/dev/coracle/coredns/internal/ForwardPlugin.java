package dev.coracle.coredns.internal;

import dev.coracle.coredns.spi.DnsPlugin;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Context;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.SimpleResolver;

/**
 * Asks the upstream name servers, one after the other, each for two seconds at most. At most {@link
 * #IN_FLIGHT} queries are under way; further ones are refused with SERVFAIL. Answers come back on
 * the server's event loop.
 */
final class ForwardPlugin implements DnsPlugin {

  private static final int IN_FLIGHT = 1000;
  private static final Duration TIMEOUT = Duration.ofSeconds(2);

  private final Context context;
  private final Function<Name, List<InetSocketAddress>> servers;
  private int inFlight;

  /**
   * @param servers who is asked about a name
   */
  ForwardPlugin(Context context, Function<Name, List<InetSocketAddress>> servers) {
    this.context = context;
    this.servers = servers;
  }

  private static SimpleResolver resolver(InetSocketAddress server) {
    SimpleResolver resolver = new SimpleResolver(server);
    resolver.setTimeout(TIMEOUT);
    return resolver;
  }

  @Override
  public String name() {
    return "forward";
  }

  @Override
  public Uni<Message> serve(Message query, Next next) {
    List<InetSocketAddress> upstreams = servers.apply(query.getQuestion().getName());
    if (upstreams.isEmpty()) {
      return next.serve(query);
    }
    if (inFlight >= IN_FLIGHT) {
      return Uni.createFrom().item(Answers.empty(query, Rcode.SERVFAIL));
    }
    inFlight++;
    return ask(query, upstreams)
        .map(answer -> withId(answer, query))
        .emitOn(command -> context.runOnContext(_ -> command.run()))
        .onTermination()
        .invoke(() -> context.runOnContext(_ -> inFlight--));
  }

  private static Uni<Message> ask(Message query, List<InetSocketAddress> upstreams) {
    Uni<Message> answer =
        Uni.createFrom()
            .completionStage(() -> resolver(upstreams.getFirst()).sendAsync(query.clone()));
    return upstreams.size() > 1
        ? answer
            .onFailure(IOException.class)
            .recoverWithUni(() -> ask(query, upstreams.subList(1, upstreams.size())))
        : answer;
  }

  private static Message withId(Message answer, Message query) {
    answer.getHeader().setID(query.getHeader().getID());
    return answer;
  }
}
