package dev.coracle.apiserver.internal.flowcontrol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.apiserver.UserInfo;
import dev.coracle.apiserver.internal.http.RequestInfo;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Random requests of several seats, beside a model that keeps nothing but lists and computes
 * everything anew: what runs, in which order, and what is left of each queue's account.
 */
class PriorityLevelModelTest {

  private static final int QUEUES = 8;
  private static final RequestInfo GET = RequestInfo.of("GET", "/version", false, "", "");

  private final ManualTime time = new ManualTime();
  private final LevelConfig config = new LevelConfig("l", "u", false, 1, 0, -1, QUEUES, 2, 5);
  private final PriorityLevel level =
      new PriorityLevel(
          config,
          time,
          time,
          Long.MAX_VALUE / 4,
          new LevelMeters(new SimpleMeterRegistry(), _ -> null, time).use("l"));
  private final Flow flow =
      new Flow(
          FlowSchema.of(
              KubeObject.of(Json.parseObject("{\"metadata\":{\"name\":\"s\"}}".getBytes()))),
          level,
          new FlowMeters(new SimpleMeterRegistry(), "s", "l"));

  /** One request as the model knows it. */
  private static final class Known {
    final int number;
    final WorkEstimate work;
    final int queue;
    final double arrivedAt;
    long startedAt;

    Known(int number, WorkEstimate work, int queue, double arrivedAt) {
      this.number = number;
      this.work = work;
      this.queue = queue;
      this.arrivedAt = arrivedAt;
    }

    double cost() {
      return work.initialSeats() * 0.003 + work.finalSeats() * work.additionalNanos() * 1e-9;
    }
  }

  /** The naive level. It computes with the same roundings, so that ties are ties in both. */
  private final class Model {
    final List<Known> waiting = new ArrayList<>();
    final List<Known> running = new ArrayList<>();
    final List<Known> ending = new ArrayList<>();
    final double[] account = new double[QUEUES];
    final List<Integer> started = new ArrayList<>();
    int seats;
    int robin;
    double virtual;
    long now;

    int inUse() {
      return running.stream().mapToInt(k -> k.work.maxSeats()).sum()
          + ending.stream().mapToInt(k -> k.work.finalSeats()).sum();
    }

    boolean busy(int queue) {
      return java.util.stream.Stream.of(waiting, running, ending)
          .flatMap(List::stream)
          .anyMatch(k -> k.queue == queue);
    }

    void pass(long nanos) {
      long active = java.util.stream.IntStream.range(0, QUEUES).filter(this::busy).count();
      int wanted = inUse() + waiting.stream().mapToInt(k -> k.work.maxSeats()).sum();
      if (active > 0) {
        double rate = (double) Math.min(seats, wanted) / active;
        virtual += nanos * 1e-9 * rate;
      }
      now += nanos;
    }

    long length(int queue) {
      return waiting.stream().filter(k -> k.queue == queue).count();
    }

    void arrive(int number, WorkEstimate work, int queue) {
      if (!busy(queue)) {
        account[queue] = virtual;
      }
      waiting.add(new Known(number, work, queue, virtual));
      dispatch();
    }

    boolean fits(WorkEstimate work) {
      return work.maxSeats() > seats
          ? running.isEmpty() && ending.isEmpty()
          : inUse() + work.maxSeats() <= seats;
    }

    void start(Known known) {
      waiting.remove(known);
      running.add(known);
      known.startedAt = now;
      account[known.queue] += known.cost();
      keepUp(known.queue);
      started.add(known.number);
    }

    Known oldest(int queue) {
      return waiting.stream().filter(k -> k.queue == queue).findFirst().orElse(null);
    }

    void keepUp(int queue) {
      Known oldest = oldest(queue);
      if (oldest != null) {
        account[queue] = Math.max(account[queue], oldest.arrivedAt);
      }
    }

    void dispatch() {
      while (!waiting.isEmpty()) {
        Known best = null;
        for (int i = 1; i <= QUEUES; i++) {
          int queue = (robin + i) % QUEUES;
          Known oldest = oldest(queue);
          if (oldest != null
              && (best == null
                  || account[queue] + oldest.cost() < account[best.queue] + best.cost())) {
            best = oldest;
          }
        }
        robin = best.queue;
        if (!fits(best.work)) {
          return;
        }
        start(best);
      }
    }

    void end(int number) {
      Known known = running.stream().filter(k -> k.number == number).findFirst().orElseThrow();
      running.remove(known);
      account[known.queue] -= (0.003 - (now - known.startedAt) * 1e-9) * known.work.initialSeats();
      if (known.work.finalSeats() > 0) {
        ending.add(known);
      } else {
        keepUp(known.queue);
      }
      dispatch();
    }

    void ended(int number) {
      Known known = ending.stream().filter(k -> k.number == number).findFirst().orElseThrow();
      ending.remove(known);
      keepUp(known.queue);
      dispatch();
    }

    void cancel(int number) {
      Known known = waiting.stream().filter(k -> k.number == number).findFirst().orElseThrow();
      waiting.remove(known);
      keepUp(known.queue);
      dispatch();
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
  void theSameRunsInTheSameOrder(long seed) {
    Random random = new Random(seed);
    Model model = new Model();
    model.seats = 6;
    level.configure(config, 6, 6);
    level.grant(6, SeatDemand.NONE);
    Map<Integer, Ticket> tickets = new HashMap<>();
    List<Integer> started = new ArrayList<>();
    for (int step = 0; step < 3000; step++) {
      String as = "seed " + seed + ", step " + step;
      switch (random.nextInt(10)) {
        case 0, 1, 2, 3 -> {
          boolean writes = random.nextInt(4) == 0;
          WorkEstimate work =
              writes
                  ? new WorkEstimate(1, 1 + random.nextInt(4), 5_000_000)
                  : WorkEstimate.seats(random.nextInt(12) == 0 ? 8 : 1 + random.nextInt(3));
          arrive(step, work, random.nextInt(12), model, tickets, started);
        }
        case 4, 5, 6 -> {
          if (!model.running.isEmpty()) {
            int number = model.running.get(random.nextInt(model.running.size())).number;
            model.end(number);
            tickets.get(number).leave();
          }
        }
        case 7 -> {
          if (!model.waiting.isEmpty()) {
            int number = model.waiting.get(random.nextInt(model.waiting.size())).number;
            model.cancel(number);
            tickets.get(number).leave();
          }
        }
        case 8 -> {
          model.seats = 2 + random.nextInt(8);
          model.dispatch();
          level.grant(model.seats, SeatDemand.NONE);
          level.wake();
        }
        default -> pass(1 + random.nextInt(4), model, tickets);
      }
      assertThat(started).as(as).isEqualTo(model.started);
      LevelSnapshot now = level.snapshot();
      assertThat(now.seatsInUse()).as(as).isEqualTo(model.inUse());
      assertThat(now.waiting()).as(as).isEqualTo(model.waiting.size());
      assertThat(now.virtualTime()).as(as).isCloseTo(model.virtual, within(1e-6));
      for (int i = 0; i < QUEUES; i++) {
        if (model.busy(i)) {
          assertThat(now.queues().get(i).nextDispatch())
              .as(as + ", queue " + i)
              .isCloseTo(model.account[i], within(1e-6));
        }
      }
    }
    assertThat(started).hasSizeGreaterThan(500);
  }

  private void arrive(
      int number,
      WorkEstimate work,
      int who,
      Model model,
      Map<Integer, Ticket> tickets,
      List<Integer> started) {
    Ticket ticket = new Ticket(flow, UserInfo.of("u" + who), GET, work, time.getAsLong());
    level.arrive(ticket, ShuffleSharding.hash("s", "u" + who));
    if (ticket.state == Ticket.State.REFUSED) {
      assertThat(model.inUse()).isGreaterThanOrEqualTo(model.seats);
      int[] hand = ShuffleSharding.hand(ShuffleSharding.hash("s", "u" + who), QUEUES, 2);
      assertThat(java.util.Arrays.stream(hand).mapToLong(model::length)).anyMatch(n -> n >= 5);
      return;
    }
    tickets.put(number, ticket);
    model.arrive(number, work, ticket.queue);
    Guest guest =
        new Guest() {
          @Override
          public void go() {
            started.add(number);
          }

          @Override
          public void refused(String reason, int retryAfterSeconds) {
            throw new AssertionError(reason);
          }
        };
    if (ticket.runs()) {
      guest.go();
    } else {
      ticket.then(guest);
    }
  }

  /** Milliseconds; what ends after its answer ends in both. */
  private void pass(int millis, Model model, Map<Integer, Ticket> tickets) {
    for (int i = 0; i < millis; i++) {
      List<Known> before = List.copyOf(model.ending);
      model.pass(1_000_000);
      time.pass(1_000_000);
      level.snapshot();
      for (Known known : before) {
        if (tickets.get(known.number).state == Ticket.State.DONE) {
          model.ended(known.number);
        }
      }
    }
  }
}
