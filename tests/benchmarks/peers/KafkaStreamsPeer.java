import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.management.OperatingSystemMXBean;
import java.io.File;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDate;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StoreQueryParameters;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.TaskId;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.processor.api.RecordMetadata;
import org.apache.kafka.streams.state.KeyValueBytesStoreSupplier;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.QueryableStoreTypes;
import org.apache.kafka.streams.state.Stores;

/**
 * The fold by Kafka Streams, with its Processor API: each task keeps the ids and the sums of its partition, so nothing
 * is sent through a topic between the two steps; the sums of all tasks are added up at the end.
 *
 * <p>Modes: heap (maps that are lost in a crash), or {memory,rocksdb}-{at_least_once,exactly_once_v2}: its own stores,
 * logged in changelog topics.
 */
public final class KafkaStreamsPeer {
    private static final String SEEN = "seen";
    private static final String SUMS = "sums";
    private static final Map<String, Long> UNITS = Map.of(
            "kg", 1_000_000_000L, "kilogram", 1_000_000_000L, "кг", 1_000_000_000L, "t", 1_000_000_000_000L,
            "g", 1_000_000L, "gram", 1_000_000L, "г", 1_000_000L, "mg", 1_000L);
    private static final byte[] PRESENT = {1};

    private static final Map<Integer, Long> NEXT = new ConcurrentHashMap<>();
    private static final AtomicLong PROCESSED = new AtomicLong();
    private static final CountDownLatch ALL = new CountDownLatch(1);
    private static final OperatingSystemMXBean SYSTEM =
            (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    private static final AtomicLong BEGUN = new AtomicLong();
    private static volatile long cpuBegun;
    private static volatile long half;
    private static long events;

    private KafkaStreamsPeer() {}

    /** Where a task keeps its state: maps of its own, or stores of Kafka Streams. */
    private interface State {
        boolean isNew(byte[] id);

        void add(String key, long micrograms, boolean without);
    }

    private static final class Heap implements State {
        /** Kept beside the tasks: one that moves to another thread is made anew there. */
        static final Map<TaskId, Heap> OF_TASKS = new ConcurrentHashMap<>();

        private final Set<Bytes> seen = new HashSet<>();
        private final Map<String, long[]> sums = new HashMap<>();

        @Override
        public boolean isNew(byte[] id) {
            return seen.add(Bytes.wrap(id));
        }

        @Override
        public void add(String key, long micrograms, boolean without) {
            long[] row = sums.computeIfAbsent(key, absent -> new long[3]);
            row[0]++;
            row[1] += micrograms;
            row[2] += without ? 1 : 0;
        }
    }

    private static final class Logged implements State {
        private final KeyValueStore<Bytes, byte[]> seen;
        private final KeyValueStore<String, byte[]> sums;

        Logged(ProcessorContext<Void, Void> context) {
            seen = context.getStateStore(SEEN);
            sums = context.getStateStore(SUMS);
        }

        @Override
        public boolean isNew(byte[] id) {
            return seen.putIfAbsent(Bytes.wrap(id), PRESENT) == null;
        }

        @Override
        public void add(String key, long micrograms, boolean without) {
            byte[] held = sums.get(key);
            ByteBuffer old = ByteBuffer.wrap(held == null ? new byte[24] : held);
            ByteBuffer row = ByteBuffer.allocate(24);
            row.putLong(old.getLong() + 1).putLong(old.getLong() + micrograms);
            sums.put(key, row.putLong(old.getLong() + (without ? 1 : 0)).array());
        }
    }

    private static final class Fold implements Processor<byte[], byte[], Void, Void> {
        private final boolean heap;
        private final GenericDatumReader<GenericRecord> reader;
        private final Map<Integer, String> months = new HashMap<>();
        private State state;
        private ProcessorContext<Void, Void> context;
        private GenericRecord reused;
        private BinaryDecoder decoder;

        Fold(boolean heap, Schema written, Schema wanted) {
            this.heap = heap;
            this.reader = new GenericDatumReader<>(written, wanted);
        }

        @Override
        public void init(ProcessorContext<Void, Void> given) {
            context = given;
            state = heap
                    ? Heap.OF_TASKS.computeIfAbsent(context.taskId(), task -> new Heap())
                    : new Logged(context);
            context.schedule(Duration.ofMillis(20), PunctuationType.WALL_CLOCK_TIME, now -> {
                if (PROCESSED.get() >= events) {
                    context.commit();
                }
            });
        }

        @Override
        public void process(Record<byte[], byte[]> record) {
            if (BEGUN.get() == 0 && BEGUN.compareAndSet(0, System.nanoTime())) {
                cpuBegun = SYSTEM.getProcessCpuTime();
            }
            if (state.isNew(record.key())) {
                fold(record.value());
            }
            advance(context.recordMetadata().orElseThrow());
        }

        /** Counts by offset, so a record that is met twice counts once. */
        private void advance(RecordMetadata at) {
            long before = NEXT.getOrDefault(at.partition(), 0L);
            if (at.offset() < before) {
                return;
            }
            NEXT.put(at.partition(), at.offset() + 1);
            long done = PROCESSED.addAndGet(at.offset() + 1 - before);
            if (done >= events / 2 && half == 0) {
                half = System.nanoTime();
            }
            if (done == events) {
                ALL.countDown();
            }
        }

        private void fold(byte[] value) {
            try {
                decoder = DecoderFactory.get().binaryDecoder(value, 5, value.length - 5, decoder);
                reused = reader.read(reused, decoder);
            } catch (IOException damaged) {
                throw new UncheckedIOException(damaged);
            }
            String departure = null;
            String destination = null;
            for (Object each : (List<?>) reused.get("route")) {
                GenericRecord leg = (GenericRecord) each;
                String role = leg.get("role").toString();
                if (departure == null && role.equals("DEPARTURE")) {
                    departure = text(leg.get("country"));
                } else if (destination == null && role.equals("DESTINATION")) {
                    destination = text(leg.get("country"));
                }
            }
            String where = "\t" + (departure == null ? "" : departure) + "\t" + (destination == null ? "" : destination)
                    + "\t" + months.computeIfAbsent((Integer) reused.get("occurred_on"),
                            day -> LocalDate.ofEpochDay(day).toString().substring(0, 7));
            for (Object each : (List<?>) reused.get("items")) {
                GenericRecord item = (GenericRecord) each;
                long mass = micrograms(text(item.get("amount_text")), text(item.get("unit_text")));
                state.add(item.get("substance_text") + where, Math.max(0, mass), mass < 0);
            }
        }

        private static String text(Object value) {
            return value == null ? null : value.toString();
        }

        /** Mass, -1 if there is none. */
        private static long micrograms(String amount, String unit) {
            Long factor = unit == null ? null : UNITS.get(unit);
            if (factor == null || amount == null) {
                return -1;
            }
            try {
                return (long) Math.rint(Double.parseDouble(amount) * factor);
            } catch (NumberFormatException none) {
                return -1;
            }
        }
    }

    public static void main(String[] arguments) throws Exception {
        JsonNode task = new ObjectMapper().readTree(new File(arguments[0]));
        String mode = task.get("mode").asText();
        String run = task.get("run").asText();
        boolean heap = mode.equals("heap");
        events = task.get("events").asLong();
        Schema written = new Schema.Parser().parse(new File(task.get("schema").asText()));
        Schema wanted = new Schema.Parser().parse(new File(task.get("projection").asText()));

        Topology topology = new Topology();
        ByteArrayDeserializer bytes = new ByteArrayDeserializer();
        topology.addSource("incidents", bytes, bytes, task.get("topic").asText());
        topology.addProcessor("fold", () -> new Fold(heap, written, wanted), "incidents");
        if (!heap) {
            boolean memory = mode.startsWith("memory");
            topology.addStateStore(
                    Stores.keyValueStoreBuilder(supplier(memory, SEEN), Serdes.Bytes(), Serdes.ByteArray()), "fold");
            topology.addStateStore(
                    Stores.keyValueStoreBuilder(supplier(memory, SUMS), Serdes.String(), Serdes.ByteArray())
                            .withCachingEnabled(),
                    "fold");
        }
        try (KafkaStreams streams = new KafkaStreams(topology, configuration(task, mode, run))) {
            streams.setUncaughtExceptionHandler(failure -> {
                failure.printStackTrace();
                Runtime.getRuntime().halt(1);
                return StreamThreadExceptionResponse.SHUTDOWN_APPLICATION;
            });
            streams.start();
            ALL.await();
            if (!heap) {
                awaitCommitted(task.get("bootstrap").asText(), run);
            }
            long ended = System.nanoTime();
            long cpu = SYSTEM.getProcessCpuTime() - cpuBegun;
            String result = String.format(
                    java.util.Locale.ROOT,
                    "{\"seconds\": %.6f, \"cpu_s\": %.6f, \"warm_events\": %d, \"warm_seconds\": %.6f}",
                    (ended - BEGUN.get()) / 1e9, cpu / 1e9, events - events / 2, (ended - half) / 1e9);
            Files.writeString(Path.of(task.get("result").asText()), result);
            write(Path.of(task.get("table").asText()), heap ? heapSums() : loggedSums(streams));
        }
    }

    private static KeyValueBytesStoreSupplier supplier(boolean memory, String name) {
        return memory ? Stores.inMemoryKeyValueStore(name) : Stores.persistentKeyValueStore(name);
    }

    private static Properties configuration(JsonNode task, String mode, String run) {
        Properties found = new Properties();
        found.put(StreamsConfig.APPLICATION_ID_CONFIG, run);
        found.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, task.get("bootstrap").asText());
        found.put(StreamsConfig.STATE_DIR_CONFIG, task.get("directory").asText());
        found.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, 2);
        found.put(StreamsConfig.REPLICATION_FACTOR_CONFIG, 1);
        found.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, 64L << 20);
        found.put(StreamsConfig.consumerPrefix("auto.offset.reset"), "earliest");
        found.put(StreamsConfig.consumerPrefix("max.poll.records"), 5_000);
        found.put(StreamsConfig.producerPrefix("compression.type"), "lz4");
        found.put(StreamsConfig.producerPrefix("batch.size"), 256 << 10);
        if (mode.endsWith(StreamsConfig.EXACTLY_ONCE_V2)) {
            found.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
            // The default of 100 ms makes transactions smaller than those of the worker beside it, and is slower.
            found.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, 300);
        }
        return found;
    }

    /** Returns when the committed offsets have reached the end: the state is as durable as the mode makes it. */
    private static void awaitCommitted(String bootstrap, String group) throws Exception {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
            while (true) {
                long committed = admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get().values()
                        .stream().filter(each -> each != null).mapToLong(each -> each.offset()).sum();
                if (committed >= events) {
                    return;
                }
                Thread.sleep(10);
            }
        }
    }

    private static Map<String, long[]> heapSums() {
        Map<String, long[]> all = new HashMap<>();
        Heap.OF_TASKS.values().forEach(heap -> heap.sums.forEach((key, row) -> addUp(all, key, row)));
        return all;
    }

    private static Map<String, long[]> loggedSums(KafkaStreams streams) {
        Map<String, long[]> all = new HashMap<>();
        var store = streams.store(
                StoreQueryParameters.fromNameAndType(SUMS, QueryableStoreTypes.<String, byte[]>keyValueStore()));
        try (var rows = store.all()) {
            rows.forEachRemaining(row -> {
                ByteBuffer held = ByteBuffer.wrap(row.value);
                addUp(all, row.key, new long[] {held.getLong(), held.getLong(), held.getLong()});
            });
        }
        return all;
    }

    private static void addUp(Map<String, long[]> all, String key, long[] row) {
        long[] sum = all.computeIfAbsent(key, absent -> new long[3]);
        Arrays.setAll(sum, index -> sum[index] + row[index]);
    }

    private static void write(Path path, Map<String, long[]> table) throws IOException {
        try (PrintWriter out = new PrintWriter(Files.newBufferedWriter(path, StandardCharsets.UTF_8))) {
            table.forEach((key, row) -> out.print(key + "\t" + row[0] + "\t" + row[1] + "\t" + row[2] + "\n"));
        }
    }
}
