import CNestboxSystem
import Glibc
import Logging

/// A reload starts as many workers as there are, from the program's file as it is now, and retires the others when all of the
/// new ones serve. The supervisor itself stays what it is.
extension Supervisor {
    func reload() {
        guard upcoming.isEmpty else { return wantsAnotherReload = true }
        reloading()
        do {
            for _ in places { upcoming.append(try start()) }
            let list = upcoming.map { "\($0.processID)" }.joined(separator: ", ")
            logger.notice("reload: starting the processes \(list)")
        } catch {
            failReload("\(error)")
        }
    }

    func lookAfterUpcoming() {
        guard !upcoming.isEmpty else { return }
        for index in upcoming.indices {
            guard let starting = upcoming[index].starting else { continue }
            switch starting.progress() {
            case .ready:
                starting.close()
                upcoming[index].starting = nil
            case .starting:
                guard starting.deadline <= nestbox_now() else { continue }
                return failReload("process \(starting.processID) did not serve in time ('timeouts.start').")
            // Its end is collected, or made: it can never say that it serves.
            case .failed: kill(starting.processID, SIGKILL)
            }
        }
        guard upcoming.allSatisfy({ $0.starting == nil }) else { return }
        retire(places.compactMap(\.process))
        for (index, process) in upcoming.enumerated() {
            places[index].process = process
            places[index].restart = nil
            places[index].delay = RestartDelay()
        }
        upcoming = []
        logger.notice("reload: \(places.count == 1 ? "the new process serves" : "all new processes serve")")
        reloaded(status: "Reloaded")
        again()
    }

    func failReload(_ reason: String) {
        logger.error("no reload: \(reason) The old processes go on")
        retire(upcoming)
        upcoming = []
        reloaded(status: "The reload has failed; the old processes go on")
        again()
    }

    private func again() {
        guard wantsAnotherReload else { return }
        wantsAnotherReload = false
        reload()
    }
}
